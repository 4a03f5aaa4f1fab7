import Foundation

/// What one look found, in words that say what to do.
struct Diagnosis: Sendable {
    enum Verdict: String, Sendable { case ok, problem }
    let verdict: Verdict
    let subject: String
    let words: String

    static func ok(_ subject: String, _ words: String) -> Diagnosis {
        Diagnosis(verdict: .ok, subject: subject, words: words)
    }
    static func problem(_ subject: String, _ words: String) -> Diagnosis {
        Diagnosis(verdict: .problem, subject: subject, words: words)
    }

    var text: String { "\(verdict.rawValue.padding(toLength: 8, withPad: " ", startingAt: 0)) \(subject): \(words)" }
    var json: String {
        #"{"verdict":"\#(verdict.rawValue)","subject":"\#(jsonEscaped(subject))","words":"\#(jsonEscaped(words))"}"#
    }
}
