import Domain
import Web

/// What the API is, for programs: the OpenAPI document, made from the route table.
enum DocumentRoutes {
    static let all: [Endpoint] = [
        Endpoint(
            .get, "/swagger.v1.json", .open, answers: [.media(200, "application/json")],
            "Give the OpenAPI document of the REST API."
        ) { _, _, _ in
            Response(200, type: "application/json;charset=utf-8", body: try document.get())
        }
    ]

    /// Made at the first question. Addresses in it are relative: it is the same by whichever address one comes.
    private static let document = Result {
        try OpenAPI(title: "Millrace", version: HealthRoutes.apiVersion).document(of: Routes.endpoints)
    }
}
