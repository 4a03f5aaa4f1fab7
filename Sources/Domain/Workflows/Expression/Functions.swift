extension Evaluation {
    /// Calls a function with as many arguments as the parser allowed.
    mutating func call(
        _ function: ExpressionFunction, _ arguments: [ExpressionNode]
    ) throws(EvaluationFault) -> ExpressionValue {
        if function == .choose { return try choose(arguments) }
        var values: [ExpressionValue] = []
        for argument in arguments { values.append(try value(of: argument)) }
        return try apply(function, to: values)
    }

    /// `case(condition, value, condition, value, default)`: evaluates no more than it must.
    private mutating func choose(_ arguments: [ExpressionNode]) throws(EvaluationFault) -> ExpressionValue {
        var rest = arguments[...]
        while rest.count > 1 {
            guard case .bool(let holds) = try value(of: rest.removeFirst()) else {
                throw EvaluationFault(message: "case predicate must evaluate to a boolean value")
            }
            let chosen = rest.removeFirst()
            if holds { return try value(of: chosen) }
        }
        guard let otherwise = rest.first else { return .null }
        return try value(of: otherwise)
    }

    private func status() throws(EvaluationFault) -> ExpressionContexts.Status {
        guard let status = contexts.status else {
            throw EvaluationFault(message: "the status of jobs is not known here")
        }
        return status
    }

    /// Of a needed job, by its id; nil when it is none.
    private func result(of job: ExpressionValue) -> String? {
        guard case .object(let needs)? = contexts["needs"], case .object(let need)? = needs[job.text] else {
            return nil
        }
        return need["result"]?.text
    }

    private mutating func apply(
        _ function: ExpressionFunction, to values: [ExpressionValue]
    ) throws(EvaluationFault) -> ExpressionValue {
        let first = values.first ?? .null
        let second = values.count > 1 ? values[1] : nil
        switch function {
        case .contains: return .bool(try contains(first, second ?? .null))
        case .startsWith: return .bool(try matches(first, second ?? .null) { $0.starts(with: $1) })
        case .endsWith: return .bool(try matches(first, second ?? .null) { $0.suffix($1.count).elementsEqual($1) })
        case .format: return .string(try format(first.text, values.dropFirst()))
        case .join: return .string(try join(first, separator: second))
        case .toJSON: return .string(try json(first))
        case .fromJSON: return try parsed(first.text)
        case .success:
            return .bool(values.isEmpty ? try status().success : values.allSatisfy { result(of: $0) == "success" })
        case .failure:
            return .bool(values.isEmpty ? try status().failure : values.contains { result(of: $0) == "failure" })
        case .cancelled: return .bool(try status().cancelled)
        case .always: return .bool(true)
        case .hashFiles:
            throw EvaluationFault(message: "hashFiles reads the files of a job: only its runner can evaluate it")
        case .choose: return .null  // does not come here: it does not evaluate all its arguments
        }
    }

    private mutating func contains(
        _ whole: ExpressionValue, _ part: ExpressionValue
    ) throws(EvaluationFault) -> Bool {
        guard case .array(let array) = whole else { return try matches(whole, part, Domain.contains) }
        for item in array.items {
            try look(at: ExpressionLimits.valueBytes + item.comparedBytes + part.comparedBytes)
            if item.isEqual(to: part) { return true }
        }
        return false
    }

    /// A question about two texts without case; false when either value is none.
    private mutating func matches(
        _ one: ExpressionValue, _ other: ExpressionValue, _ question: ([UInt8], [UInt8]) -> Bool
    ) throws(EvaluationFault) -> Bool {
        guard one.isPrimitive, other.isPrimitive else { return false }
        try look(at: one.comparedBytes + other.comparedBytes)
        return question(foldedBytes(one.text), foldedBytes(other.text))
    }

    private mutating func format(
        _ pattern: String, _ arguments: ArraySlice<ExpressionValue>
    ) throws(EvaluationFault) -> String {
        let invalid = EvaluationFault(message: "The following format string is invalid: \(quoted(pattern))")
        let texts = arguments.map(\.text)
        let bytes = Array(pattern.utf8)
        try make(bytes.count)
        var out: [UInt8] = []
        var at = 0
        while at < bytes.count {
            let byte = bytes[at]
            at += 1
            guard byte == UInt8(ascii: "{") || byte == UInt8(ascii: "}") else {
                out.append(byte)
                continue
            }
            if at < bytes.count, bytes[at] == byte {
                out.append(byte)
                at += 1
                continue
            }
            let digits = bytes[at...].prefix { (0x30...0x39).contains($0) }
            at = digits.endIndex
            guard byte == UInt8(ascii: "{"), !digits.isEmpty, at < bytes.count, bytes[at] == UInt8(ascii: "}") else {
                throw invalid
            }
            at += 1
            guard let index = Int(String(decoding: digits, as: UTF8.self)), index < texts.count else {
                throw EvaluationFault(
                    message:
                        "The following format string references more arguments than were supplied: \(quoted(pattern))")
            }
            try make(texts[index].utf8.count)
            out.append(contentsOf: texts[index].utf8)
        }
        return String(decoding: out, as: UTF8.self)
    }

    private mutating func join(
        _ list: ExpressionValue, separator: ExpressionValue?
    ) throws(EvaluationFault) -> String {
        guard case .array(let array) = list else { return list.isPrimitive ? list.text : "" }
        let glue = separator.flatMap { $0.isPrimitive ? $0.text : nil } ?? ","
        var out = ""
        for (index, item) in array.items.enumerated() {
            let text = item.text
            try make(ExpressionLimits.valueBytes + text.utf8.count + glue.utf8.count)
            if index > 0 { out += glue }
            out += text
        }
        return out
    }

    private mutating func json(_ value: ExpressionValue) throws(EvaluationFault) -> String {
        let text: String
        do throws(EvaluationFault) {
            text = try value.json(bytesMax: valueBytesLeft)
        } catch {
            // What the budget had left was made in vain: it is spent, or the next leg would do the same.
            if isBoundByBudget { try look(at: .max) }
            throw error
        }
        try make(text.utf8.count)
        return text
    }

    private mutating func parsed(_ text: String) throws(EvaluationFault) -> ExpressionValue {
        var reader = JSONReader(text, valueBytesMax: valueBytesLeft)
        try look(at: text.utf8.count)
        let value: ExpressionValue
        do throws(JSONFault) {
            value = try reader.read()
        } catch {
            if isBoundByBudget { try look(at: .max) }
            throw EvaluationFault(message: "fromJSON cannot read \"\(quoted(text))\": \(error.message)")
        }
        try make(reader.valueBytes)
        return value
    }
}
