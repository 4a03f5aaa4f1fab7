import Domain

/// Which part of a list a request asks for (rest.md 2): by page and limit, or by the id before which it begins.
package struct Page: Equatable, Sendable {
    /// From 1.
    package let number: Int
    /// Rows on a page, 1 to `PageLimits.rowsMax`.
    package let limit: Int
    /// Rows whose id is below this one: the way through long lists, whose cost does not grow with the page.
    package let before: Int64?

    /// - Parameters:
    ///   - limitName: `per_page` stands in for `limit` in lists of the toolkit.
    ///   - limitMin: taken for a limit below 1; nil: the default is.
    package init(
        _ request: Request, limitName: String = "limit", limitMax: Int = PageLimits.rowsMax,
        limitDefault: Int = PageLimits.rowsDefault, limitMin: Int? = nil
    ) {
        let asked = request.query[limitName].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : limitMin }
        limit = min(asked ?? limitDefault, limitMax)
        number = min(max(1, request.query["page"].flatMap { Int($0) } ?? 1), PageLimits.pagesMax)
        before = request.query["before"].flatMap { Int64($0) }.flatMap { $0 > 0 ? $0 : nil }
    }

    package init(number: Int = 1, limit: Int, before: Int64? = nil) {
        self.number = number
        self.limit = limit
        self.before = before
    }

    package var part: ListPart {
        ListPart(limit: Int64(limit), offset: before == nil ? Int64(number - 1) * Int64(limit) : 0, before: before)
    }

    package static let parameters = [
        QueryParameter("page", "the page, from 1"), QueryParameter("limit", "rows on a page, at most 50"),
        QueryParameter("before", "only rows with an id below this one; then the page does not count"),
    ]

    /// `X-Total-Count`, and a `Link` to the pages around this one (RFC 8288), as Gitea gives them.
    ///
    /// - Parameters:
    ///   - isWhole: false when nobody counted to the end, so that nothing is known of the last page.
    ///   - lastID: of the last row shown, and `shown` how many are: a list that was asked for by `before` links to what follows.
    package func headers(
        total: Int64, isWhole: Bool = true, last lastID: Int64? = nil, shown: Int = 0, base: String, request: Request
    ) -> [(name: String, value: String)] {
        var headers = [(name: "X-Total-Count", value: "\(total)")]
        let last = max(1, (total + Int64(limit) - 1) / Int64(limit))
        var links: [(page: Int64, rel: String)] = []
        if before == nil {
            if !isWhole, Int64(number) >= last, shown == limit { links += [(Int64(number) + 1, "next")] }
            if Int64(number) < last { links += [(Int64(number) + 1, "next")] + (isWhole ? [(last, "last")] : []) }
            if number > 1 { links += [(1, "first"), (Int64(number) - 1, "prev")] }
        }
        var texts = links.map { link(to: "page=\($0.page)", rel: $0.rel, base, request) }
        if before != nil, let lastID, shown == limit {
            texts.append(link(to: "before=\(lastID)", rel: "next", base, request))
        }
        if !texts.isEmpty { headers.append((name: "Link", value: texts.joined(separator: ", "))) }
        return headers
    }

    private func link(to place: String, rel: String, _ base: String, _ request: Request) -> String {
        let others = request.queryPairs.filter { !["page", "before"].contains($0.name) }
            .map { "\(percentEncoded($0.name))=\(percentEncoded($0.value))" }
        return "<\(base)\(request.rawPath)?\((others + [place]).joined(separator: "&"))>; rel=\"\(rel)\""
    }
}

package enum PageLimits {
    package static let rowsDefault = 30
    package static let rowsMax = 50
    /// So that an offset cannot overflow.
    package static let pagesMax = 10_000_000
}
