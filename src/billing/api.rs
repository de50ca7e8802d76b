//! `POST /api/usage`: a batch of usage from another system of one of the parties, on that party's own host.
//!
//! `Authorization: Bearer <key>`; the body is `{"items": [{"id", "consumer", "provider", "service", "meter", "quantity",
//! "value", "occurred_at", "reference"}, {"id", "consumer", "provider", "reverses", "reason"}]}`. The answer says of each item
//! in its order `counted`, `known` or `waiting`, and the event. Sent again it is answered with the same events. A batch with
//! anything wrong is refused whole, by `application/problem+json` (RFC 9457) that names every fault; it changes nothing.

use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL};
use actix_web::web::{Bytes, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::intake::{ItemFault, RawItem, Taken, read_items, take_in};
use crate::identity;
use crate::kernel::seal::Token;
use crate::kernel::{Actor, Language};
use crate::platform::{Error, Result};
use crate::site::{Texts, Visit};

/// This room's address for machines.
pub fn routes(routes: &mut ServiceConfig) {
    routes.route("/api/usage", web::post().to(usage));
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Batch {
    items: Vec<WireItem>,
}

/// An item; its figures may be numbers or text.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
struct WireItem {
    id: String,
    consumer: String,
    provider: String,
    service: String,
    meter: String,
    quantity: Value,
    value: Value,
    occurred_at: String,
    reference: String,
    reverses: String,
    reason: String,
}

impl From<WireItem> for RawItem {
    fn from(wire: WireItem) -> RawItem {
        let figure = |value: Value| match value {
            Value::Null => String::new(),
            Value::String(text) => text,
            other => other.to_string(),
        };
        RawItem {
            id: wire.id,
            consumer: wire.consumer,
            provider: wire.provider,
            service: wire.service,
            meter: wire.meter,
            quantity: figure(wire.quantity),
            value: figure(wire.value),
            occurred_at: wire.occurred_at,
            reference: wire.reference,
            reverses: wire.reverses,
            reason: wire.reason,
        }
    }
}

/// `POST /api/usage`
async fn usage(visit: Visit, request: HttpRequest, body: Bytes) -> Result<HttpResponse> {
    let presented = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(key) = presented.and_then(|value| value.strip_prefix("Bearer ")).map(Token::presented) else {
        return Ok(refused(StatusCode::UNAUTHORIZED, "intake-no-key", json!([])).written());
    };
    let (here, now, directory) = (visit.here.clone(), visit.now, visit.site.directory.get());
    let answer = visit
        .scoped(move |tx| {
            let Some(source) = identity::key_of(tx, &key)? else {
                return Ok(refused(StatusCode::UNAUTHORIZED, "intake-no-key", json!([])));
            };
            let batch: Batch = match serde_json::from_slice(&body) {
                Ok(batch) => batch,
                // Where it breaks off, without a word of what it says.
                Err(error) => {
                    let at = json!([{ "line": error.line(), "column": error.column() }]);
                    return Ok(refused(StatusCode::BAD_REQUEST, "intake-not-json", at));
                }
            };
            let raw: Vec<RawItem> = batch.items.into_iter().map(RawItem::from).collect();
            let by = Actor { staff_id: None, name: source.clone(), authority_name: here.name.clone() };
            let council = |slug: &str| directory.by_slug(slug).map(|council| council.id);
            let items = match read_items(&raw, here.id, now, council) {
                Ok(items) => items,
                Err(faults) => return Ok(faulty(&raw, &faults)),
            };
            Ok(match take_in(tx, now, &by, &source, &items)? {
                Ok(taken) => answered(&raw, &taken),
                Err(faults) => faulty(&raw, &faults),
            })
        })
        .await;
    match answer {
        Err(Error::Conflict(key)) => Ok(refused(StatusCode::CONFLICT, &key, json!([])).written()),
        answer => answer.map(Answer::written),
    }
}

/// What is said, before it is a response.
struct Answer {
    status: StatusCode,
    body: Value,
}

impl Answer {
    fn written(self) -> HttpResponse {
        let kind = if self.status == StatusCode::OK { "application/json" } else { "application/problem+json" };
        HttpResponse::build(self.status)
            .insert_header((CACHE_CONTROL, "no-store"))
            .content_type(kind)
            .body(self.body.to_string())
    }
}

fn answered(raw: &[RawItem], taken: &[Taken]) -> Answer {
    let item = |(raw, taken): (&RawItem, &Taken)| {
        let (status, event) = match taken {
            Taken::Counted(event) => ("counted", Some(event)),
            Taken::Known(event) => ("known", event.as_ref()),
            Taken::Waits => ("waiting", None),
        };
        json!({ "id": raw.id, "status": status, "event": event })
    };
    let items: Vec<Value> = raw.iter().zip(taken).map(item).collect();
    Answer { status: StatusCode::OK, body: json!({ "items": items }) }
}

fn faulty(raw: &[RawItem], faults: &[ItemFault]) -> Answer {
    let t = Texts::of(Language::En);
    let error = |fault: &ItemFault| {
        let id = raw.get(fault.item).map(|raw| raw.id.as_str());
        json!({ "item": fault.item, "id": id, "field": fault.field, "detail": t.get(fault.key) })
    };
    refused(StatusCode::UNPROCESSABLE_ENTITY, "intake-refused", faults.iter().map(error).collect())
}

fn refused(status: StatusCode, key: &str, errors: Value) -> Answer {
    let title = Texts::of(Language::En).get(key);
    Answer { status, body: json!({ "title": title, "status": status.as_u16(), "errors": errors }) }
}
