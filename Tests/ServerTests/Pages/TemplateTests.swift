import Foundation
import TestSupport
import Testing

@testable import Server
@testable import Web

@Suite("Templates")
struct TemplateTests {
    private static let texts = Dictionary(uniqueKeysWithValues: Template.allCases.map { ($0.rawValue, $0.text) })

    /// The five, each joined by a mark into one of Swift's characters, and as HTML has to have them.
    private static let nasty = "<\u{301}>\u{338}&\u{200D}\"\u{FE0F}'\u{20E3}<>&\"'"
    private static let escaped =
        "&lt;\u{301}&gt;\u{338}&amp;\u{200D}&quot;\u{FE0F}&#39;\u{20E3}&lt;&gt;&amp;&quot;&#39;"

    private static func has(_ html: String, _ text: String) -> Bool {
        Data(html.utf8).range(of: Data(text.utf8)) != nil
    }

    @Test("are all the files below Sources/Server")
    func files() throws {
        let folder = projectRoot.appendingPathComponent("Sources/Server")
        let found = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        var texts: [String: String] = [:]
        for case let file as URL in found where file.pathExtension == "mustache" {
            texts[file.deletingPathExtension().lastPathComponent] = try String(contentsOf: file, encoding: .utf8)
        }
        #expect(texts == Self.texts)
    }

    @Test("name properties of their models, and their models have no others")
    func names() {
        var tags = TemplateTags(Self.texts)
        var values: Set<String> = []
        for page in PageSamples.full({ $0 }) {
            tags.follow(type(of: page).template.rawValue, page)
            values.formUnion(TemplateTags.values(of: page).map(\.name))
        }
        #expect(tags.problems == [])
        #expect(values.subtracting(tags.used) == [], "no template shows them")
        #expect(values.count > 50)
        let pages = Set(PageSamples.empty.map { type(of: $0).template })
        #expect(Set(Template.allCases).subtracting(pages) == PageSamples.partials, "a page without a sample")
    }

    @Test(
        "with a name that the model lacks are noticed",
        arguments: [
            "{{nmae}}", "{{#job}}x{{/job}}", "{{^job}}x{{/job}}", "{{head.titel}}", "{{#runners}}{{total}}{{/runners}}",
            "{{#runners}}{{#jobs}}{{labels}}{{/jobs}}{{/runners}}", "{{>Gone}}", "{{{total}}}", "{{&total}}",
            "{{>Part}}",
        ])
    func misspelt(text: String) throws {
        let page = try #require(PageSamples.runners { $0 }.first)
        var tags = TemplateTags(["RunnersPage": text, "Part": "{{#runners}}{{nmae}}{{/runners}}"])
        tags.follow("RunnersPage", page)
        #expect(!tags.problems.isEmpty)
    }

    @Test("E11: show what people wrote, escaped, in each place", arguments: PageSamples.full { $0 }.indices)
    func escaping(index: Int) throws {
        let page = PageSamples.full { "\($0) \(Self.nasty)" }[index]
        let html = try TemplateLibrary.shared().html(page)
        var count = 0
        for (name, value) in TemplateTags.values(of: page) {
            guard let text = value as? String, text.utf8.count > Self.nasty.utf8.count else { continue }
            let isWritten = Self.has(text, Self.nasty)
            let shown =
                isWritten
                ? String(decoding: text.utf8.dropLast(Self.nasty.utf8.count), as: UTF8.self) + Self.escaped : text
            #expect(Self.has(html, shown), "\(name): \(shown)")
            if isWritten { count += 1 }
        }
        #expect(count > 8)
        #expect(!Self.has(html, Self.nasty))
    }

    @Test("have nothing of what a page lacks", arguments: PageSamples.empty.indices)
    func empty(index: Int) throws {
        let html = try TemplateLibrary.shared().html(PageSamples.empty[index])
        for text in ["{{", "nil", "Optional", "Absent", "<details", "Artifacts", "/actions\""] {
            #expect(!html.contains(text), "\(text)")
        }
        #expect(["<!doctype html>", "<section class=\"job\"", "<div id=\"runs\""].contains { html.hasPrefix($0) })
    }

    @Test("show of a job what is the job's, not what the run calls by the same name")
    func scopes() throws {
        var page = PageSamples.emptyRun
        page.jobs = JobListPart(
            ticks: [],
            groups: [
                JobGroupPart(
                    summary: nil,
                    lines: [
                        JobLine(
                            id: 1, link: "", status: "", name: "", times: "",
                            bar: BarPart(waitX: 0, waitWidth: 0, runX: 0, runWidth: 0, words: "", status: ""), why: nil,
                            problem: nil, steps: nil)
                    ])
            ])
        page.problem = "the run broke"
        let html = try TemplateLibrary.shared().html(page)
        #expect(html.ranges(of: "the run broke").count == 1)
    }

    @Test("that are broken stop the start, with their name and the reason")
    func broken() {
        for (texts, words) in [
            (["Job": "a\n{{#why}}b{{/wyh}}"], ["\"Job\"", "sectionCloseNameIncorrect", "line 2"]),
            (["Job": "{{#why}}b"], ["\"Job\"", "expectedSectionEnd"]),
            (["Job": "a{{>Row}}"], ["\"Job\"", "\"Row\""]),
            (["Job": "{{<Frame}}{{/Frame}}"], ["\"Job\"", "\"Frame\""]),
        ] {
            let error = #expect(throws: Failure.self) { try TemplateLibrary(texts) }
            for word in words { #expect("\(error.map { "\($0)" } ?? "")".contains(word), "\(texts)") }
        }
    }
}
