import Domain
import Web

extension Endpoint where App == Server.App {
    /// What a form of a page is sent to. The access has checked the form's token (`App.authenticate`) before the handler sees a field.
    static func form<Context: HasCaller & Sendable>(
        _ path: String, _ access: Access<App, Context>, scope: ScopeCategory = [],
        answers: [AnswerShape] = [.none(303), .failure(403), .failure(404)],
        _ summary: String, _ handler: @escaping @Sendable (Request, Context, Form, App) throws -> Response
    ) -> Endpoint {
        Endpoint(
            .post, path, access, scope: scope, body: .form, answers: answers, summary
        ) { request, context, app in
            try handler(request, context, try Form(request), app)
        }
    }
}
