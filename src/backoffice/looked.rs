//! `/staff/looked`: who did and who looked, for administrators.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;
use uuid::Uuid;

use crate::audit::{self, Seen};
use crate::identity::Role;
use crate::kernel::time::long_moment;
use crate::platform::Result;
use crate::site::{Area, Frame, Visit};

const PAGE: usize = 50;

#[derive(Template)]
#[template(path = "backoffice/looked.html")]
struct LookedPage {
    p: Frame,
    entries: Vec<Seen>,
    is_first: bool,
    next: Option<Uuid>,
}

/// From where.
#[derive(Deserialize)]
pub(super) struct From {
    before: Option<Uuid>,
}

/// `GET /staff/looked`
pub(super) async fn page(visit: Visit, from: web::Query<From>) -> Result<HttpResponse> {
    let before = from.before;
    let (me, mut entries) = visit
        .staff(&[Role::Administrator], move |tx, _| {
            audit::newest(tx, before, i64::try_from(PAGE + 1).unwrap_or(i64::MAX))
        })
        .await?;
    let more = entries.len() > PAGE;
    entries.truncate(PAGE);
    let next = entries.last().filter(|_| more).map(|e| e.id);
    visit.ok(&LookedPage { p: visit.staff_frame(Area::Casework, &me), entries, is_first: before.is_none(), next })
}
