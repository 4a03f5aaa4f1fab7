import Crypto
import Domain
import Foundation
import Postgres
import Web

/// Sends what webhooks are told of: takes what is due, on every instance at once, and writes down what came of it. What an
/// instance took and did not settle is sent again under the same id when its lease is over.
struct DeliverySender {
    let app: App
    let isStopping: @Sendable () -> Bool

    /// Sends until nothing is due.
    func sweep() throws {
        while !isStopping(), let delivery = try app.deliveries.take() {
            do { try app.deliveries.settle(delivery, try sent(delivery)) } catch let error as PostgresError
                where error.isUnavailable
            {
                throw error
            } catch {
                // A fault of ours: the receiver did nothing wrong, and others are not to wait for it.
                app.log.warning(
                    "could not send to a webhook", metadata: ["delivery": "\(delivery.id)", "err": "\(error)"])
                try app.deliveries.settle(delivery, Self.failed(delivery, "it could not be made: \(error)"))
            }
        }
    }

    private func sent(_ delivery: TakenDelivery) throws -> DeliveryOutcome {
        guard let hook = try app.webhooks.webhook(delivery.webhook, in: delivery.repository) else {
            return DeliveryOutcome(.failed, problem: "the webhook is gone")
        }
        guard hook.isActive else { return DeliveryOutcome(.failed, problem: "the webhook was switched off") }
        var payload = delivery.payload
        if payload == nil {
            guard let made = try WebhookPayload(app: app).made(delivery) else {
                return DeliveryOutcome(.failed, problem: "what it is about is gone")
            }
            if !hook.branchFilter.isEmpty, let branch = made.branch, let filter = try? Pattern(hook.branchFilter),
                !patterns([filter], include: [branch])
            {
                return DeliveryOutcome(.leftOut, problem: "the webhook is not told of the branch \"\(branch)\"")
            }
            payload = made.json
        }
        return try post(payload ?? "", delivery, to: hook)
    }

    private func post(_ payload: String, _ delivery: TakenDelivery, to hook: WebhookView) throws -> DeliveryOutcome {
        let sealed = try app.webhooks.sealed(hook.id)
        func opened(_ bytes: [UInt8]?, _ what: String) throws -> [UInt8]? {
            try bytes.map { try app.keys.webhookSeal.open($0, at: WebhookChanges.place(hook.id, what)) }
        }
        var headers = Self.headers(delivery, signedBy: try opened(sealed?.secret, "secret"), payload)
        if let authorization = try opened(sealed?.authorization, "authorization") {
            headers.append((name: "Authorization", value: String(decoding: authorization, as: UTF8.self)))
        }
        let isForm = hook.contentType == "form"
        headers.append(
            (name: "Content-Type", value: isForm ? "application/x-www-form-urlencoded" : "application/json"))
        let body = isForm ? "payload=" + percentEncoded(payload) : payload
        let began = Clock.monotonicMicroseconds()
        do {
            var request = OutgoingRequest("POST", hook.url)
            request.headers = headers
            request.body = Array(body.utf8)
            request.secondsMax = WebhookLimits.seconds
            request.answerBytesMax = WebhookLimits.responseBytesMax
            let (hosts, host) = (app.configuration.webhookHosts, Self.host(of: hook.url))
            request.admits = { hosts.allows(host: host, $0) }
            let answer = try request.send()
            let took = Clock.monotonicMicroseconds() - began
            let shown = String(decoding: answer.body, as: UTF8.self).replacing("\0", with: "\u{FFFD}")
            let isTaken = (200..<300).contains(answer.status)
            let pause = isTaken ? nil : deliveryPause(afterTries: delivery.tries)
            return DeliveryOutcome(
                isTaken ? .delivered : pause == nil ? .failed : .pending, pauseSeconds: pause ?? 0, payload: payload,
                status: Int64(answer.status), response: shown,
                problem: isTaken ? "" : "the receiver answered \(answer.status)", took: took)
        } catch let problem as OutgoingRequest.Problem {
            try app.webhooks.pause(hook.id, seconds: WebhookLimits.silenceSeconds)
            return Self.failed(
                delivery, problem.description, payload: payload, took: Clock.monotonicMicroseconds() - began)
        }
    }

    private static func failed(
        _ delivery: TakenDelivery, _ problem: String, payload: String? = nil, took: Int64? = nil
    ) -> DeliveryOutcome {
        let pause = deliveryPause(afterTries: delivery.tries)
        return DeliveryOutcome(
            pause == nil ? .failed : .pending, pauseSeconds: pause ?? 0, payload: payload,
            problem: cut(problem, bytesMax: 1000), took: took)
    }

    /// As the address names it, without port.
    static func host(of address: String) -> String {
        guard let scheme = address.firstRange(of: "://") else { return "" }
        let rest = address[scheme.upperBound...].prefix { !["/", "?", "#"].contains($0) }
        guard rest.hasPrefix("[") else { return String(rest.prefix { $0 != ":" }) }
        return String(rest.dropFirst().prefix { $0 != "]" })
    }

    /// As Gitea sends them, with GitHub's names beside its own.
    static func headers(
        _ delivery: TakenDelivery, signedBy secret: [UInt8]?, _ payload: String
    ) -> [(name: String, value: String)] {
        var headers = [(name: "User-Agent", value: "Millrace"), (name: "Accept", value: "*/*")]
        for maker in ["Gitea", "GitHub"] {
            headers.append((name: "X-\(maker)-Event", value: delivery.event))
            headers.append((name: "X-\(maker)-Event-Type", value: delivery.event))
            headers.append((name: "X-\(maker)-Delivery", value: delivery.guid))
        }
        guard let secret else { return headers }
        let key = SymmetricKey(data: secret)
        let content = Array(payload.utf8)
        let sum = hex(HMAC<SHA256>.authenticationCode(for: content, using: key))
        headers.append((name: "X-Gitea-Signature", value: sum))
        headers.append((name: "X-Hub-Signature-256", value: "sha256=\(sum)"))
        headers.append(
            (
                name: "X-Hub-Signature",
                value: "sha1=\(hex(HMAC<Insecure.SHA1>.authenticationCode(for: content, using: key)))"
            ))
        return headers
    }
}

enum WebhookSendLimits {
    /// Threads of an instance that send: so many receivers may hang at once before others wait.
    static let threads = 2
}
