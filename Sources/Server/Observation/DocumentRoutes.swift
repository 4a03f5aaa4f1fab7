import Domain
import Web

/// What the API is, for programs and for people: documents made from the route table.
enum DocumentRoutes {
    static let all: [Endpoint] = [
        Endpoint(
            .get, "/swagger.v1.json", .open, answers: [.media(200, "application/json")],
            "Give the Swagger 2.0 document of the REST API, where Gitea has it."
        ) { _, _, _ in try answer(swagger) },
        Endpoint(
            .get, "/openapi.json", .open, answers: [.media(200, "application/json")],
            "Give the OpenAPI 3.1 document of the REST API."
        ) { _, _, _ in try answer(openAPI) },
        Endpoint(
            .get, "/api/swagger", .open, shape: .page, answers: [.page],
            "Show the REST API to people: every route, what it takes and answers."
        ) { _, _, _ in .html(200, try page.get()) },
    ]

    private static func answer(_ document: Result<[UInt8], any Error>) throws -> Response {
        Response(200, type: "application/json;charset=utf-8", body: try document.get())
    }

    // Each is made at the first question. Addresses in them are relative: they are the same by whichever one comes.
    private static let swagger = document(.swagger2)
    private static let openAPI = document(.openAPI31)
    private static let page = Result { try TemplateLibrary.shared().html(APIPage.all) }

    private static func document(_ dialect: SchemaDialect) -> Result<[UInt8], any Error> {
        Result {
            try OpenAPI(dialect, title: "Millrace", version: HealthRoutes.apiVersion).document(of: Routes.endpoints)
        }
    }
}
