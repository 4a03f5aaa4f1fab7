/// One filter pattern of `branches`, `tags` or `paths` (workflows.md 5.4), matched in time linear in pattern × text.
public struct Pattern: Sendable {
    public struct Invalid: Error, Equatable, CustomStringConvertible {
        public let description: String
    }
    private enum Unit: Equatable {
        case scalar(Unicode.Scalar)
        case set([ClosedRange<Unicode.Scalar>])
        /// Any scalar but "/".
        case segment
        case any
    }
    private enum Count { case one, optional, oneOrMore, zeroOrMore }
    private enum Piece {
        case unit(Unit, Count)
        /// `**/`: nothing, or anything that ends in "/".
        case directories
    }

    public let isNegative: Bool
    private var pieces: [Piece] = []

    public init(_ text: String) throws(Invalid) {
        var scalars = Array(text.unicodeScalars)
        isNegative = scalars.first == "!"
        if isNegative { scalars.removeFirst() }
        guard !scalars.isEmpty else { throw Invalid(description: "invalid pattern: \"\(text)\" is empty") }
        var at = 0
        while at < scalars.count {
            let scalar = scalars[at]
            at += 1
            switch scalar {
            case "*":
                if at < scalars.count, scalars[at] == "*" {
                    at += 1
                    if at < scalars.count, scalars[at] == "/" {
                        at += 1
                        pieces.append(.directories)
                    } else {
                        pieces.append(.unit(.any, .zeroOrMore))
                    }
                } else {
                    pieces.append(.unit(.segment, .zeroOrMore))
                }
            case "?", "+":
                guard case .unit(let unit, .one) = pieces.last else {
                    pieces.append(.unit(.scalar(scalar), .one))
                    continue
                }
                pieces[pieces.count - 1] = .unit(unit, scalar == "?" ? .optional : .oneOrMore)
            case "[":
                guard let end = scalars[at...].firstIndex(of: "]"), end > at else {
                    throw Invalid(description: "invalid pattern: \"[\" without an end or empty in \"\(text)\" at \(at)")
                }
                pieces.append(.unit(.set(try Self.ranges(Array(scalars[at..<end]), in: text)), .one))
                at = end + 1
            case "\\":
                guard at < scalars.count else {
                    throw Invalid(description: "invalid pattern: \"\(text)\" ends in \"\\\"")
                }
                pieces.append(.unit(.scalar(scalars[at]), .one))
                at += 1
            default: pieces.append(.unit(.scalar(scalar), .one))
            }
        }
    }

    private static func ranges(_ set: [Unicode.Scalar], in text: String) throws(Invalid) -> [ClosedRange<
        Unicode.Scalar
    >] {
        var out: [ClosedRange<Unicode.Scalar>] = []
        var at = 0
        while at < set.count {
            let low = set[at]
            let isRange = at + 2 < set.count && set[at + 1] == "-"
            let high = isRange ? set[at + 2] : low
            guard low <= high,
                [low, high].allSatisfy({ $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0)) })
            else {
                throw Invalid(
                    description:
                        "invalid pattern: only letters and digits in rising order may stand in \"[]\" of \"\(text)\"")
            }
            out.append(low...high)
            at += isRange ? 3 : 1
        }
        return out
    }

    /// Walks all positions at once, so no input makes it backtrack.
    public func matches(_ text: String) -> Bool {
        let scalars = Array(text.unicodeScalars)
        var reached = [Bool](repeating: false, count: scalars.count + 1)
        reached[0] = true
        for piece in pieces {
            var next = [Bool](repeating: false, count: scalars.count + 1)
            switch piece {
            case .directories:
                var inside = false
                for position in 0...scalars.count {
                    if reached[position] { next[position] = true }
                    if position > 0, inside, scalars[position - 1] == "/" { next[position] = true }
                    // At least one scalar stands before the slash.
                    if position > 0, reached[position - 1] { inside = true }
                }
            case .unit(let unit, let count):
                for position in 0...scalars.count {
                    if reached[position], count == .optional || count == .zeroOrMore { next[position] = true }
                    guard position < scalars.count, Self.accepts(unit, scalars[position]) else { continue }
                    if reached[position] { next[position + 1] = true }
                    if count == .zeroOrMore || count == .oneOrMore, next[position] { next[position + 1] = true }
                }
            }
            reached = next
        }
        return reached[scalars.count]
    }

    private static func accepts(_ unit: Unit, _ scalar: Unicode.Scalar) -> Bool {
        switch unit {
        case .scalar(let wanted): wanted == scalar
        case .set(let ranges): ranges.contains { $0.contains(scalar) }
        case .segment: scalar != "/"
        case .any: true
        }
    }
}

/// Does any input end up in? The last matching pattern decides for each (workflows.md 5.4). An invalid pattern fails.
public func included(_ inputs: [String], by texts: [String]) -> Bool {
    guard let patterns = compiled(texts) else { return false }
    if patterns.isEmpty { return true }
    return inputs.contains { input in patterns.last { $0.matches(input) }.map { !$0.isNegative } ?? false }
}

/// Is any input left after what the patterns ignore?
public func remains(_ inputs: [String], ignoring texts: [String]) -> Bool {
    guard let patterns = compiled(texts) else { return false }
    if patterns.isEmpty { return true }
    return inputs.contains { input in !patterns.contains { $0.matches(input) == !$0.isNegative } }
}

private func compiled(_ texts: [String]) -> [Pattern]? {
    var out: [Pattern] = []
    for text in texts {
        guard let pattern = try? Pattern(text) else { return nil }
        out.append(pattern)
    }
    return out
}
