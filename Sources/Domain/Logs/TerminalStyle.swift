public enum TerminalStyleLimits {
    /// Numbers of one colour command that are looked at.
    static let parametersMax = 32
}

/// How characters of a terminal look, in what a page has: sixteen colours that can be read on its backgrounds, and a few marks.
///
/// Colours of the 256 and of the 16 million become the nearest of the sixteen: a log's own would not be read in one scheme or the other.
public struct TerminalStyle: Equatable, Sendable {
    struct Marks: OptionSet, Sendable {
        let rawValue: UInt8
        static let bold = Marks(rawValue: 1)
        static let dim = Marks(rawValue: 2)
        static let italic = Marks(rawValue: 4)
        static let underlined = Marks(rawValue: 8)
        static let reversed = Marks(rawValue: 16)
        static let struck = Marks(rawValue: 32)

        static let names: [(mark: Marks, name: String)] = [
            (.bold, "bd"), (.dim, "dm"), (.italic, "it"), (.underlined, "ul"), (.struck, "st"),
        ]
    }
    /// 0 to 7 as in the commands 30 to 37, 8 to 15 their bright ones.
    private(set) var foreground: Int?
    private(set) var background: Int?
    private(set) var marks: Marks = []

    /// The classes of the stylesheet, such as `c1 bd`; empty of plain text.
    public var classes: String {
        let isReversed = marks.contains(.reversed)
        let (front, back) = isReversed ? (background, foreground) : (foreground, background)
        var names: [String] = []
        if let front { names.append("c\(front)") }
        if let back { names.append("b\(back)") } else if isReversed { names.append("rv") }
        for (mark, name) in Marks.names where marks.contains(mark) { names.append(name) }
        return names.joined(separator: " ")
    }

    /// ESC [ parameters m.
    mutating func apply(_ parameters: String.UnicodeScalarView) {
        // 38:5:1 is written 38;5;1 by most, and 38:2::1:2:3 has a colour space between.
        var numbers: [Int?] = []
        var number: Int?
        for scalar in parameters {
            switch scalar {
            case "0"..."9": number = min(999, (number ?? 0) * 10 + Int(scalar.value) - 48)
            case ";", ":":
                numbers.append(number)
                number = nil
            // Of a terminal's own, such as ESC [ > 4 ; 2 m.
            default: return
            }
            guard numbers.count < TerminalStyleLimits.parametersMax else { break }
        }
        if numbers.count < TerminalStyleLimits.parametersMax { numbers.append(number) }
        var at = 0
        while at < numbers.count { at += take(numbers[at...]) }
    }

    /// - Returns: how many of the numbers it is.
    private mutating func take(_ rest: ArraySlice<Int?>) -> Int {
        let number = (rest.first ?? nil) ?? 0
        switch number {
        case 0: self = TerminalStyle()
        case 1: marks.insert(.bold)
        case 2: marks.insert(.dim)
        case 3: marks.insert(.italic)
        case 4: marks.insert(.underlined)
        case 7: marks.insert(.reversed)
        case 9: marks.insert(.struck)
        case 21, 22: marks.subtract([.bold, .dim])
        case 23: marks.remove(.italic)
        case 24: marks.remove(.underlined)
        case 27: marks.remove(.reversed)
        case 29: marks.remove(.struck)
        case 30...37: foreground = number - 30
        case 39: foreground = nil
        case 40...47: background = number - 40
        case 49: background = nil
        case 90...97: foreground = number - 82
        case 100...107: background = number - 92
        case 38, 48:
            guard let (colour, count) = Self.extended(rest.dropFirst()) else { return rest.count }
            if number == 38 { foreground = colour } else { background = colour }
            return count + 1
        default: break
        }
        return 1
    }

    /// `5;n` and `2;r;g;b`.
    private static func extended(_ rest: ArraySlice<Int?>) -> (colour: Int, count: Int)? {
        let numbers = Array(rest.prefix(5))
        switch numbers.first ?? nil {
        case 5:
            guard numbers.count > 1 else { return nil }
            return (nearest(ofPalette: numbers[1] ?? 0), 2)
        case 2:
            // 2::r:g:b
            let skip = numbers.count == 5 && numbers[1] == nil ? 2 : 1
            guard numbers.count >= skip + 3 else { return nil }
            let parts = numbers[skip..<(skip + 3)].map { min(255, $0 ?? 0) }
            return (nearest(parts[0], parts[1], parts[2]), skip + 3)
        default: return nil
        }
    }

    static func nearest(ofPalette number: Int) -> Int {
        let number = min(255, number)
        if number < 16 { return number }
        if number >= 232 {
            let grey = 8 + (number - 232) * 10
            return nearest(grey, grey, grey)
        }
        let steps = [0, 95, 135, 175, 215, 255]
        let cube = number - 16
        return nearest(steps[cube / 36], steps[cube / 6 % 6], steps[cube % 6])
    }

    /// By what the eye takes first: whether it is a colour at all, which, and whether it is light.
    static func nearest(_ red: Int, _ green: Int, _ blue: Int) -> Int {
        let (most, least) = (max(red, green, blue), min(red, green, blue))
        guard most - least >= 48 else { return most < 64 ? 0 : most < 128 ? 8 : most < 200 ? 7 : 15 }
        func isOn(_ part: Int) -> Int { part * 2 >= most + least ? 1 : 0 }
        return isOn(red) + 2 * isOn(green) + 4 * isOn(blue) + (most >= 192 ? 8 : 0)
    }
}

/// Characters of a line that look alike.
public struct LogSpan: Equatable, Sendable {
    public var text: String
    /// Of the stylesheet; empty of plain text.
    public let classes: String

    public init(text: String, classes: String) {
        self.text = text
        self.classes = classes
    }
}
