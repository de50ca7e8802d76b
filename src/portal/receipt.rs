//! What a citizen sees when she has sent a form: her reference and what happens next.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use askama::Template;

use super::finish::for_kind;
use super::form::{id, opened_to};
use crate::cases::{self, Receipt};
use crate::forms::{Definition, Draft, Services};
use crate::kernel::seal::Token;
use crate::kernel::time::moment_in;
use crate::platform::{Result, Tx};
use crate::site::{Area, Frame, Visit};
use crate::tenancy::Current;

#[derive(Template)]
#[template(path = "portal/receipt.html")]
struct ReceiptTemplate {
    p: Frame,
    definition: Arc<Definition>,
    reference: String,
    link: String,
    receipt: Receipt,
    sent: String,
}

/// `GET /forms/{draft}/receipt`.
///
/// # Errors
/// [`Error::NotFound`] for a draft that is not this browser's.
pub async fn receipt(visit: Visit, path: Path<String>, services: Data<Current<Services>>) -> Result<HttpResponse> {
    let draft_id = id(&path)?;
    let look = |tx: &mut Tx<'_>, _: &Definition, draft: &mut Draft, _| match &draft.submitted {
        Some((case_id, _)) => cases::receipt(tx, *case_id).map(Some),
        None => Ok(None),
    };
    let opened = opened_to(&visit, draft_id, services.get(), |_| None, look).await?;
    let Some((draft, definition, receipt)) = opened else {
        return visit.see_other("/");
    };
    let (Some((case_id, reference)), Some(receipt)) = (draft.submitted, receipt) else {
        return visit.see_other(&format!("/forms/{draft_id}/check"));
    };
    let token: Token = cases::track_token(visit.secret(), visit.here.id, case_id);
    let link = format!("/track/{reference}/{}", token.expose());
    let p = Frame { exit: definition.sensitive, ..visit.frame(Area::Portal) };
    let sent = moment_in(visit.language, receipt.sent_at);
    visit.ok(&ReceiptTemplate { p, definition, reference, link, receipt, sent })
}

impl ReceiptTemplate {
    fn for_kind(&self, key: &str) -> String {
        for_kind(self.p.t, self.definition.kind, key)
    }
}
