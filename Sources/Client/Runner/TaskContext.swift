import Foundation
import RunnerProto
import SwiftProtobuf

/// The task's context (runner.md 3.7): texts by key, and the event.
struct TaskContext {
    private let fields: [String: Google_Protobuf_Value]

    init(_ task: Runner_V1_Task) { fields = task.context.fields }

    /// The text of a key; empty when absent. Numbers without their fraction, as ids are sometimes sent.
    subscript(_ key: String) -> String {
        guard let value = fields[key] else { return "" }
        return switch value.kind {
        case .stringValue(let text): text
        case .numberValue(let number): Int64(exactly: number).map(String.init) ?? String(number)
        case .boolValue(let flag): String(flag)
        case .nullValue, .structValue, .listValue, nil: ""
        }
    }

    /// The webhook payload for `github.event`.
    func eventJSON() throws -> Data {
        try Data((fields["event"]?.structValue ?? Google_Protobuf_Struct()).jsonString().utf8)
    }
}
