import Foundation

/// Text that people wrote, kept from being evaluated.
///
/// act interpolates values of `env`, of `$GITHUB_ENV` and of inputs once a step, and again inside each composite action, so
/// `${{ … }}` in a commit message would be evaluated as if the workflow's author had written it. Nothing that comes from
/// outside the workflow file reaches act with those three characters together: a mark stands between them. It is taken
/// out again where the text leaves act: in the environment and the files of a step (``StepShim``), in log rows, outputs
/// and summaries.
struct ExactText: Sendable {
    /// Random, so that nobody can write a text that becomes an expression when the mark is taken out.
    let mark: String
    private let guardedOpening: [UInt8]
    private static let opening = Array("${{".utf8)

    init(mark: String) {
        self.mark = mark
        guardedOpening = Array("$\(mark){{".utf8)
    }

    init() {
        // Private use characters: no tool treats them as a space, a quote or an operator.
        self.init(mark: "\u{F8E1}\(UUID().uuidString.prefix(8))\u{F8E1}")
    }

    func guarded(_ bytes: [UInt8]) -> [UInt8] { bytes.replacing(Self.opening, by: guardedOpening) }
    func restored(_ bytes: [UInt8]) -> [UInt8] { bytes.replacing(guardedOpening, by: Self.opening) }
    func guarded(_ text: String) -> String { String(decoding: guarded(Array(text.utf8)), as: UTF8.self) }
    func restored(_ text: String) -> String { String(decoding: restored(Array(text.utf8)), as: UTF8.self) }
}

extension [UInt8] {
    /// Bytes, not characters: what stands next to a combining mark is found too.
    func replacing(_ wanted: [UInt8], by replacement: [UInt8]) -> [UInt8] {
        guard let first = wanted.first, count >= wanted.count, contains(first) else { return self }
        var result: [UInt8] = []
        var index = 0
        while index < count {
            if self[index] == first, self[index...].starts(with: wanted) {
                result += replacement
                index += wanted.count
            } else {
                result.append(self[index])
                index += 1
            }
        }
        return result
    }
}
