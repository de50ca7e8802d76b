//! What a citizen sees when she has sent a form: her reference and what happens next.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use askama::Template;

use super::finish::for_kind;
use super::form::{id, opened};
use crate::cases;
use crate::forms::{Definition, Services};
use crate::kernel::seal::Token;
use crate::platform::Result;
use crate::site::{Area, Frame, Visit};
use crate::tenancy::Current;

#[derive(Template)]
#[template(path = "portal/receipt.html")]
struct ReceiptTemplate {
    p: Frame,
    definition: Arc<Definition>,
    reference: String,
    link: String,
}

/// `GET /forms/{draft}/receipt`.
///
/// # Errors
/// [`Error::NotFound`] for a draft that is not this browser's.
pub async fn receipt(visit: Visit, path: Path<String>, services: Data<Current<Services>>) -> Result<HttpResponse> {
    let draft_id = id(&path)?;
    let Some((draft, definition)) = opened(&visit, draft_id, services.get()).await? else {
        return visit.see_other("/");
    };
    let Some((case_id, reference)) = draft.submitted else {
        return visit.see_other(&format!("/forms/{draft_id}/check"));
    };
    let token: Token = cases::track_token(visit.secret(), visit.here.id, case_id);
    let link = format!("/track/{reference}/{}", token.expose());
    let p = Frame { exit: definition.sensitive, ..visit.frame(Area::Portal) };
    visit.ok(&ReceiptTemplate { p, definition, reference, link })
}

impl ReceiptTemplate {
    fn for_kind(&self, key: &str) -> String {
        for_kind(self.p.t, self.definition.kind, key)
    }
}
