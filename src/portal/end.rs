//! Where a journey ends that the service is not for.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use askama::Template;

use super::form::{id, onward, opened};
use crate::forms::{Definition, End, Services, Step};
use crate::kernel::billing_date;
use crate::platform::Result;
use crate::site::{Area, Frame, Visit};
use crate::tenancy::Current;

/// An end before the last page.
#[derive(Template)]
#[template(path = "portal/end.html")]
pub(super) struct EndTemplate {
    pub(super) p: Frame,
    pub(super) definition: Arc<Definition>,
    pub(super) end: End,
    pub(super) back: String,
}

/// `GET /forms/{draft}/end/{end}`: where a journey ends that the service is not for.
///
/// # Errors
/// [`Error::NotFound`] for a draft that is not this browser's, or an end that its answers do not bring.
pub async fn end(
    visit: Visit,
    path: Path<(String, String)>,
    services: Data<Current<Services>>,
) -> Result<HttpResponse> {
    let (draft_id, end_id) = path.into_inner();
    let Some((draft, definition)) = opened(&visit, id(&draft_id)?, services.get()).await? else {
        return visit.see_other("/");
    };
    let journey = definition.journey(&draft.answers, billing_date(visit.now));
    let Some(end) = journey.end.filter(|end| end.id == end_id && draft.submitted.is_none()).cloned() else {
        return visit.see_other(&format!("/forms/{draft_id}/{}", onward(&journey)));
    };
    let last = journey.steps.last().map(Step::address).unwrap_or_default();
    let back = format!("/forms/{draft_id}/{last}");
    let p = Frame { exit: definition.sensitive, ..visit.frame(Area::Portal) };
    visit.ok(&EndTemplate { p, definition: Arc::clone(&definition), end, back })
}
