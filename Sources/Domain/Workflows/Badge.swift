/// A badge: what it is about, and what is said of it, as an SVG image of 20 px height that needs no font of its own.
///
/// The widths of texts are those of Verdana at 11 px, rounded up; `textLength` makes a browser with another font keep to them.
public struct Badge: Equatable, Sendable {
    public let label: String
    public let message: String
    /// `#rrggbb`.
    public let color: String

    /// - Parameters:
    ///   - workflow: its name; cut to `BadgeLimits.labelBytesMax`.
    ///   - status: of the newest run; nil: there is none.
    public init(workflow: String, status: Status?) {
        label = cut(workflow, bytesMax: BadgeLimits.labelBytesMax)
        message = status.map { "\($0)" } ?? "no status"
        color =
            switch status {
            case .success: "#1a7f37"
            case .failure: "#b3261e"
            case .running, .cancelling: "#9a6700"
            case .waiting, .blocked: "#59636e"
            case .cancelled, .skipped, nil: "#59636e"
            }
    }

    public var svg: String {
        let (left, right) = (Self.width(label), Self.width(message))
        let (box, all) = (left + 12, left + right + 24)
        let (label, message) = (Self.escaped(label), Self.escaped(message))
        func text(_ words: String, x: Int, width: Int) -> String {
            "<text x=\"\(x)\" y=\"14\" textLength=\"\(width)\" lengthAdjust=\"spacingAndGlyphs\">\(words)</text>"
        }
        return """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(all)" height="20" role="img" aria-label="\(label): \(message)">\
            <title>\(label): \(message)</title>\
            <rect width="\(all)" height="20" rx="3" fill="\(color)"/>\
            <path d="M3 0h\(box - 3)v20H3a3 3 0 01-3-3V3a3 3 0 013-3z" fill="#444c56"/>\
            <g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">\
            \(text(label, x: 6, width: left))\(text(message, x: box + 6, width: right))</g></svg>
            """
    }

    /// Pixels of a text: an estimate by the kind of each character.
    static func width(_ text: String) -> Int {
        let tenths = text.unicodeScalars.reduce(0) { sum, scalar in
            switch scalar {
            case "i", "j", "l", "I", ".", ",", ":", ";", "'", "|", "!": sum + 36
            case "f", "r", "t", "(", ")", "[", "]", "/", " ", "-": sum + 46
            case "m", "w", "M", "W", "@", "%": sum + 104
            case "A"..."Z", "_": sum + 78
            default: sum + (scalar.value < 0x300 ? 70 : 115)
            }
        }
        return max(10, (tenths + 9) / 10)
    }

    /// For XML: its five characters, and nothing that it may not hold.
    private static func escaped(_ text: String) -> String {
        var out = ""
        for scalar in harmlessField(text).unicodeScalars {
            switch scalar {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            case "'": out += "&#39;"
            default:
                if scalar.value >= 0x20, scalar.value & 0xFFFE != 0xFFFE { out.unicodeScalars.append(scalar) }
            }
        }
        return out
    }
}

public enum BadgeLimits {
    /// Bytes of a workflow's name on its badge.
    public static let labelBytesMax = 80
}
