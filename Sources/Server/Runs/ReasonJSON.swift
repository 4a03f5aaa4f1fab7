import Domain
import Web

extension Reason {
    package var json: String { #"{"kind":"\#(kind.rawValue)","message":"\#(jsonEscaped(words))"}"# }
}
