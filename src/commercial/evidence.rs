//! `/commercial/disputes/{dispute}/cases`: which cases a dispute about a sensitive service is about, for those who may know. Each
//! look is in the audit, with the case.

use std::collections::HashMap;

use actix_web::HttpResponse;
use actix_web::web::Path;
use askama::Template;
use uuid::Uuid;

use super::dispute::is_cleared;
use crate::billing::{self, Dispute};
use crate::cases::{self, Case, Erased};
use crate::identity::Role;
use crate::kernel::time::{in_london, long_date};
use crate::metering::UsageEvent;
use crate::platform::{Error, Result};
use crate::site::{Area, Frame, Visit};

#[derive(Template)]
#[template(path = "commercial/evidence.html")]
struct EvidencePage {
    p: Frame,
    dispute: Dispute,
    number: String,
    rows: Vec<Row>,
    /// The slug of the council whose cases they are.
    owner: String,
    may_open_cases: bool,
}

/// A count that is doubted.
struct Row {
    event: UsageEvent,
    month: String,
    /// Its case, while this council may see it.
    case: Option<Case>,
    /// Or when it was erased.
    erased: Option<Erased>,
}

/// `GET /commercial/disputes/{dispute}/cases`
pub(super) async fn page(visit: Visit, id: Path<Uuid>) -> Result<HttpResponse> {
    let (id, now, here) = (*id, visit.now, visit.here.clone());
    let (me, (dispute, number, events, cases, erased)) = visit
        .staff(Role::COMMERCIAL, move |tx, me| {
            let dispute = billing::dispute(tx, id)?;
            let bill = billing::document(tx, dispute.document_id)?;
            let events = billing::doubted_events(tx, &bill, &dispute)?;
            if !dispute.is_private || !is_cleared(tx, me, &dispute, &events)? {
                return Err(Error::NotFound);
            }
            let number = bill.snapshot.number.unwrap_or_default();
            let ids: Vec<Uuid> = events.iter().map(|event| event.subject_id).collect();
            let purpose = format!("settling a dispute about {number}");
            let cases = cases::doubted(tx, now, dispute.consumer, &ids, &me.actor(&here.name), &purpose)?;
            let cases: HashMap<Uuid, Case> = cases.into_iter().map(|case| (case.id, case)).collect();
            let erased = cases::erased_among(tx, dispute.consumer, &ids)?;
            Ok((dispute, number, events, cases, erased))
        })
        .await?;
    let row = |event: UsageEvent| Row {
        month: in_london(event.occurred_at).strftime("%b %Y").to_string(),
        case: cases.get(&event.subject_id).cloned(),
        erased: erased.iter().find(|erased| erased.id == event.subject_id).cloned(),
        event,
    };
    visit.ok(&EvidencePage {
        p: visit.staff_frame(Area::Commercial, &me),
        rows: events.into_iter().map(row).collect(),
        owner: visit.site.directory.get().by_id(dispute.consumer).map(|a| a.slug.clone()).unwrap_or_default(),
        may_open_cases: me.has(&[Role::Officer]),
        dispute,
        number,
    })
}
