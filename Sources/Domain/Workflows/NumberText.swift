/// Numbers as text, for YAML's core schema and for expressions: both know the same forms (workflows.md 3.1, 11).

/// `0x1f` or `0o17`, without a sign; nil when it is anything else.
func prefixedNumber(_ text: String) -> Double? {
    for (prefix, radix) in [("0x", 16.0), ("0o", 8.0)] where text.hasPrefix(prefix) {
        let digits = text.utf8.dropFirst(2)
        guard !digits.isEmpty else { return nil }
        var number = 0.0
        for byte in digits {
            guard let digit = hexDigit(byte), Double(digit) < radix else { return nil }
            number = number * radix + Double(digit)
        }
        return number
    }
    return nil
}

/// `(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`; nil when it is anything else.
func unsignedDecimal(_ text: Substring.UTF8View) -> Double? {
    isDecimal(text) ? Double(normal(String(text) ?? "")) : nil
}

private func isDecimal(_ text: Substring.UTF8View) -> Bool {
    var rest = text
    func digits() -> Int {
        let run = rest.prefix { (0x30...0x39).contains($0) }
        rest = rest.dropFirst(run.count)
        return run.count
    }
    let whole = digits()
    if rest.first == UInt8(ascii: ".") {
        rest = rest.dropFirst()
        guard digits() > 0 || whole > 0 else { return false }
    } else if whole == 0 {
        return false
    }
    guard let mark = rest.first else { return true }
    guard mark == UInt8(ascii: "e") || mark == UInt8(ascii: "E") else { return false }
    rest = rest.dropFirst()
    if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
    return digits() > 0 && rest.isEmpty
}

/// `.5` and `5.` as Swift reads them.
private func normal(_ text: String) -> String {
    guard let dot = text.firstIndex(of: ".") else { return text }
    let before = text[..<dot]
    let after = text[text.index(after: dot)...]
    let fraction = after.first.map { ("0"..."9").contains($0) } == true ? String(after) : "0" + after
    return (before.isEmpty ? "0" : String(before)) + "." + fraction
}

func hexDigit(_ byte: UInt8) -> Int? {
    switch byte {
    case 0x30...0x39: Int(byte - 0x30)
    case 0x41...0x46: Int(byte - 0x41) + 10
    case 0x61...0x66: Int(byte - 0x61) + 10
    default: nil
    }
}

/// A number as GitHub prints it in names: at most 15 significant digits, `1E+21` (workflows.md 11).
func numberText(_ number: Double) -> String {
    if number.isNaN { return "NaN" }
    if number.isInfinite { return number < 0 ? "-Infinity" : "Infinity" }
    if number == 0 { return "0" }
    if number == number.rounded(), abs(number) < 1e15 { return String(Int64(number)) }
    // Swift's shortest form, taken apart into digits and the power of ten of the first digit.
    let parts = "\(abs(number))".lowercased().split(separator: "e")
    var digits = parts[0].filter { $0 != "." }.compactMap(\.wholeNumberValue)
    let dot = parts[0].split(separator: ".", omittingEmptySubsequences: false)[0].count
    var power = dot - 1 + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
    let zeros = digits.prefix { $0 == 0 }.count
    digits.removeFirst(zeros)
    power -= zeros
    if digits.count > 15 {
        let carry = digits[15] >= 5
        digits = Array(digits.prefix(15))
        var index = 14
        while carry, index >= 0 {
            digits[index] += 1
            guard digits[index] == 10 else { break }
            digits[index] = 0
            index -= 1
        }
        if carry, index < 0 {
            digits.insert(1, at: 0)
            power += 1
        }
    }
    while digits.last == 0 { digits.removeLast() }
    let sign = number < 0 ? "-" : ""
    let text = digits.map(String.init).joined()
    if power <= -5 || power >= 15 {
        let mantissa = digits.count > 1 ? "\(text.prefix(1)).\(text.dropFirst())" : text
        let exponent = String(abs(power))
        return "\(sign)\(mantissa)E\(power < 0 ? "-" : "+")\(exponent.count < 2 ? "0" : "")\(exponent)"
    }
    if power < 0 { return "\(sign)0.\(String(repeating: "0", count: -power - 1))\(text)" }
    if digits.count <= power + 1 { return sign + text + String(repeating: "0", count: power + 1 - digits.count) }
    return "\(sign)\(text.prefix(power + 1)).\(text.dropFirst(power + 1))"
}
