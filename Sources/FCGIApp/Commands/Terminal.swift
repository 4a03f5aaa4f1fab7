import Domain
import Foundation

/// A command's output. All of it goes through here, since names and messages of others are in it (tidy test).
func say(_ text: String, terminator: String = "\n") { Swift.print(harmless(text), terminator: terminator) }

/// A command's answer as one line of JSON, with what steers terminals spelled as JSON spells it.
func sayJSON(_ value: some Encodable) throws { say(harmlessJSON(String(decoding: try jsonText(value), as: UTF8.self))) }

/// A command's words about a failure, on standard error.
func complain(_ text: String) { FileHandle.standardError.write(Data((harmless(text) + "\n").utf8)) }

/// Lines of git's own protocol, which no terminal sees.
func sayPackets(_ bytes: [UInt8]) { FileHandle.standardOutput.write(Data(bytes)) }
