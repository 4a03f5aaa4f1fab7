/// One filter pattern of `branches`, `tags` or `paths` (workflows.md 5.4), as a program of single steps.
///
/// Matching costs at most characters times steps, whatever the pattern: a regular expression would backtrack.
public struct Pattern: Sendable {
    public struct Invalid: Error, Equatable {
        public let message: String
        /// Characters before the fault.
        public let offset: Int
    }
    public let text: String
    /// Begins with `!`.
    public let isNegative: Bool
    private let program: [Step]

    private enum Step: Sendable {
        case one(Matcher)
        /// Go on here and at the given step as well.
        case fork(Int)
        case jump(Int)
    }
    private enum Matcher: Sendable {
        case any
        case notSlash
        case literal(Unicode.Scalar)
        case set([ClosedRange<UInt32>])

        func accepts(_ scalar: Unicode.Scalar) -> Bool {
            switch self {
            case .any: true
            case .notSlash: scalar != "/"
            case .literal(let wanted): scalar == wanted
            case .set(let ranges): ranges.contains { $0.contains(scalar.value) }
            }
        }
    }

    /// - Throws: ``Invalid`` with the place of the fault.
    public init(_ text: String) throws(Invalid) {
        self.text = text
        let all = Array(text.unicodeScalars)
        isNegative = all.first == "!"
        guard all.count <= WorkflowLimits.patternCharactersMax else {
            throw Invalid(message: "longer than \(WorkflowLimits.patternCharactersMax) characters", offset: 0)
        }
        var at = isNegative ? 1 : 0
        guard at < all.count else { throw Invalid(message: "pattern is empty", offset: 0) }
        let first = at
        var steps: [Step] = []
        while at < all.count {
            let start = at
            let matcher: Matcher
            switch all[at] {
            case "*":
                var stars = 0
                while at < all.count, all[at] == "*" {
                    at += 1
                    stars += 1
                }
                if stars > 1, at < all.count, all[at] == "/" {
                    at += 1
                    // (.+/)?
                    let base = steps.count
                    steps += [.fork(base + 5), .one(.any), .fork(base + 1), .one(.literal("/")), .jump(base + 5)]
                } else {
                    let base = steps.count
                    steps += [.fork(base + 3), .one(stars > 1 ? .any : .notSlash), .jump(base)]
                }
                if at < all.count, all[at] == "?" || all[at] == "+" {
                    throw Invalid(message: "\"\(all[at])\" cannot follow \"*\"", offset: at)
                }
                continue
            case "?" where start != first, "+" where start != first:
                throw Invalid(message: "\"\(all[at])\" cannot follow another special character", offset: at)
            case "[": matcher = .set(try Self.set(all, &at))
            case "\\":
                guard at + 1 < all.count else { throw Invalid(message: "nothing follows \"\\\"", offset: at) }
                matcher = .literal(all[at + 1])
                at += 2
            default:
                matcher = .literal(all[at])
                at += 1
            }
            let base = steps.count
            if at < all.count, all[at] == "?" {
                steps += [.fork(base + 2), .one(matcher)]
                at += 1
            } else if at < all.count, all[at] == "+" {
                steps += [.one(matcher), .fork(base)]
                at += 1
            } else {
                steps.append(.one(matcher))
            }
        }
        program = steps
    }

    private static func set(_ all: [Unicode.Scalar], _ at: inout Int) throws(Invalid) -> [ClosedRange<UInt32>] {
        let start = at
        var ranges: [ClosedRange<UInt32>] = []
        at += 1
        func isListed(_ scalar: Unicode.Scalar) -> Bool {
            ("0"..."9").contains(scalar) || (("A"..."z").contains(scalar) && scalar != "]")
        }
        func isLetter(_ scalar: Unicode.Scalar) -> Bool { scalar >= "A" }
        while at < all.count, all[at] != "]" {
            let low = all[at]
            guard isListed(low) else {
                throw Invalid(message: "\"\(low)\" cannot stand in a set; only A-Z, a-z and 0-9 can", offset: at)
            }
            guard at + 1 < all.count, all[at + 1] == "-" else {
                ranges.append(low.value...low.value)
                at += 1
                continue
            }
            guard at + 2 < all.count, isListed(all[at + 2]) else {
                throw Invalid(message: "range \"\(low)-\" has no end", offset: at)
            }
            let high = all[at + 2]
            guard isLetter(low) == isLetter(high) else {
                throw Invalid(
                    message: "range \"\(low)-\(high)\" has a letter and a digit; only A-Z, a-z and 0-9 can be ranges",
                    offset: at)
            }
            guard low.value <= high.value else {
                throw Invalid(message: "range \"\(low)-\(high)\" is the wrong way round", offset: at)
            }
            ranges.append(low.value...high.value)
            at += 3
        }
        guard at < all.count else { throw Invalid(message: "set \"[\" is not closed", offset: start) }
        guard !ranges.isEmpty else { throw Invalid(message: "set \"[]\" is empty", offset: start) }
        at += 1
        return ranges
    }

    /// Does the whole of `input` match, leaving the leading `!` aside?
    public func matches(_ input: String) -> Bool {
        var steps = Int.max
        return matches(input, &steps)
    }

    /// - Parameter steps: what may still be spent; counted down, and below 0 the answer means nothing.
    func matches(_ input: String, _ steps: inout Int) -> Bool {
        var current = StepSet(count: program.count + 1)
        var next = current
        reach(0, &current)
        for scalar in input.unicodeScalars {
            steps -= 1 + current.members.count
            guard steps >= 0 else { return false }
            next.removeAll()
            for step in current.members where step < program.count {
                if case .one(let matcher) = program[step], matcher.accepts(scalar) { reach(step + 1, &next) }
            }
            guard !next.members.isEmpty else { return false }
            swap(&current, &next)
        }
        return current.contains(program.count)
    }

    private func reach(_ start: Int, _ set: inout StepSet) {
        var open = [start]
        while let step = open.popLast() {
            guard set.insert(step), step < program.count else { continue }
            switch program[step] {
            case .one: break
            case .jump(let to): open.append(to)
            case .fork(let other):
                open.append(other)
                open.append(step + 1)
            }
        }
    }

    private struct StepSet {
        private(set) var members: [Int] = []
        private var isMember: [Bool]

        init(count: Int) { isMember = Array(repeating: false, count: count) }
        mutating func insert(_ step: Int) -> Bool {
            guard !isMember[step] else { return false }
            isMember[step] = true
            members.append(step)
            return true
        }
        mutating func removeAll() {
            for step in members { isMember[step] = false }
            members.removeAll(keepingCapacity: true)
        }
        func contains(_ step: Int) -> Bool { isMember[step] }
    }
}

/// `branches`, `tags`, `paths`: the last pattern that matches an input decides; the list passes when any input is in.
public func patterns(_ patterns: [Pattern], include inputs: [String]) -> Bool {
    var steps = Int.max
    return Domain.patterns(patterns, include: inputs, &steps)
}

func patterns(_ patterns: [Pattern], include inputs: [String], _ steps: inout Int) -> Bool {
    for input in inputs {
        guard steps >= 0 else { break }
        if let decides = patterns.last(where: { $0.matches(input, &steps) }), !decides.isNegative { return true }
    }
    return false
}

/// The `-ignore` lists: an input is ignored by any pattern; a negative one ignores all it does not match (act's quirk).
/// - Returns: true when every input is ignored, so also for no inputs.
public func patterns(_ patterns: [Pattern], ignoreAll inputs: [String]) -> Bool {
    var steps = Int.max
    return Domain.patterns(patterns, ignoreAll: inputs, &steps)
}

func patterns(_ patterns: [Pattern], ignoreAll inputs: [String], _ steps: inout Int) -> Bool {
    for input in inputs {
        guard steps >= 0 else { break }
        if !patterns.contains(where: { $0.matches(input, &steps) != $0.isNegative }) { return false }
    }
    return true
}
