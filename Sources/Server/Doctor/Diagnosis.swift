import Foundation
import Web

/// What one look found, in words that say what to do.
package struct Diagnosis: Encodable, Sendable {
    package enum Verdict: String, Encodable, Sendable { case ok, problem }
    package let verdict: Verdict
    let subject: String
    package let words: String

    static func ok(_ subject: String, _ words: String) -> Diagnosis {
        Diagnosis(verdict: .ok, subject: subject, words: words)
    }
    package static func problem(_ subject: String, _ words: String) -> Diagnosis {
        Diagnosis(verdict: .problem, subject: subject, words: words)
    }

    package var text: String {
        "\(verdict.rawValue.padding(toLength: 8, withPad: " ", startingAt: 0)) \(subject): \(words)"
    }
}
