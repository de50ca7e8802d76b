//! What a page of a form is left with: kept, right or wrong, and where the form goes on from there.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};
use jiff::Timestamp;
use uuid::Uuid;

use super::form::{Came, definition_of, id, off_the_way, onward, show};
use super::offer::{Offer, Settling, probably_wanted};
use crate::forms::{self, Attached, Draft, Journey, Page, QuestionType, Services, Step};
use crate::kernel::billing_date;
use crate::places::Found;
use crate::platform::{Result, Tx};
use crate::site::{File, PostedWithFiles, Refused};
use crate::tenancy::Current;

/// `POST /forms/{draft}/{step}`: keeps what was typed and the files, then goes on, or says what is wrong.
///
/// # Errors
/// [`Error::NotFound`] for a draft that is not this browser's.
pub async fn save(
    form: PostedWithFiles,
    path: Path<(String, String)>,
    came: Query<Came>,
    services: Data<Current<Services>>,
) -> Result<HttpResponse> {
    let (draft_id, address) = path.into_inner();
    let draft_id = id(&draft_id)?;
    let PostedWithFiles { posted, files, mut refused } = form;
    let visit = &posted.visit;
    // On a repeat's list: whether another is to be added; none if nothing was chosen.
    let chosen = Some(posted.get("add")).filter(|add| !add.is_empty()).map(|add| add == "yes");
    let (browser, now, services, secret) = (visit.browser().clone(), visit.now, services.get(), visit.secret().clone());
    let (fields, wanted, language) = (posted.fields().to_vec(), address.clone(), visit.language);
    let (directory, switches) = (visit.site.directory.get(), posted.switches);
    let (has_refused, came) = (!refused.is_empty(), *came);
    let (later, taken_off) = (posted.get("later") == "yes", Uuid::try_parse(posted.get("remove")).ok());
    let (draft, definition, stays, offer, changed, way) = visit
        .scoped(move |tx| {
            let probably = probably_wanted(&fields);
            let (before, brought) =
                forms::lock_draft_beside(tx, now, &secret, draft_id, &browser, probably.beside(tx))?;
            let mut found = Found::read(probably, brought)?;
            let definition = definition_of(tx, &services, &before, language)?;
            let mut draft = before.clone();
            let (mut stays, mut offer, mut changed, mut way) = (None, Offer::default(), Changed::default(), None);
            let journey = definition.journey(&before.answers, billing_date(now));
            if let Some((_, step)) = journey.at(&wanted).filter(|_| before.submitted.is_none()) {
                draft.answers.extend(step.typed(&before.answers, &fields));
                if let Step::Page { page, .. } = step {
                    let settling = Settling {
                        page,
                        prefix: step.prefix(),
                        posted: &fields,
                        had: &before.answers,
                        switches,
                        directory: &directory,
                        services: &services,
                        service: &definition.slug,
                    };
                    (stays, found) = settling.settle(tx, found, &mut draft.answers)?;
                    changed = change_files(tx, now, &mut draft, page, &step.prefix(), files, taken_off)?;
                }
                if let Some(thing) = step.removes(&fields) {
                    changed.gone = forms::remove_uploads_of(tx, draft_id, &thing)?;
                    changed.taken_off = true;
                }
                let after = definition.journey(&draft.answers, billing_date(now));
                let ended = after.end.map(|end| end.id.clone());
                let is_right = matches!(after.at(&wanted), Some((_, Step::Page { errors, .. })) if errors.is_empty());
                way = Some(Way::on(&journey, &after, &wanted, came, chosen));
                forms::save_answers(tx, now, &secret, &definition, &draft, &wanted, ended.as_deref())?;
                if later && !definition.sensitive {
                    forms::save_for_later(tx, now, &secret, &draft)?;
                }
                let refuses = has_refused || !changed.refused.is_empty();
                if refuses || !is_right && stays.as_ref().is_none_or(|stays| stays.wrong) {
                    offer = Offer::on(tx, now, &definition, &mut draft, &wanted, (found, None))?;
                }
            }
            Ok((draft, definition, stays, offer, changed, way))
        })
        .await?;
    visit.remove_files(changed.gone).await?;
    refused.extend(changed.refused);
    if draft.submitted.is_some() {
        return visit.see_other(&format!("/forms/{draft_id}/receipt"));
    }
    let Some(way) = way else {
        let journey = definition.journey(&draft.answers, billing_date(visit.now));
        return off_the_way(visit, &draft, &definition, &journey, &address);
    };
    if !refused.is_empty() {
        // Whatever else was pressed: nobody may believe that a file was taken which was not.
        return show(visit, (&draft, offer), Arc::clone(&definition), &address, came, Some(&refused));
    }
    if later && !definition.sensitive {
        return visit.see_other(&format!("/forms/{draft_id}/save"));
    }
    let change = if came.change > 0 { "?change=1" } else { "" };
    let comes_again = posted.switches || changed.taken_off || posted.get("stay") == "yes";
    if comes_again {
        return visit.see_other(&format!("/forms/{draft_id}/{address}{change}"));
    }
    if let Some(stays) = stays {
        if stays.wrong {
            let offer = Offer { only: Some(stays.question), ..offer };
            return show(visit, (&draft, offer), Arc::clone(&definition), &address, came, Some(&[]));
        }
        return visit.see_other(&format!("/forms/{draft_id}/{address}{change}#{}", stays.field));
    }
    match way {
        Way::Wrong => show(visit, (&draft, offer), Arc::clone(&definition), &address, came, Some(&[])),
        Way::To(next) => visit.see_other(&format!("/forms/{draft_id}/{next}")),
    }
}

/// Where the form goes on from a page that was left.
enum Way {
    /// Nowhere: something on it is wrong.
    Wrong,
    /// To this step.
    To(String),
}

impl Way {
    /// From the step at `address`, which is in `before`.
    fn on(before: &Journey<'_>, after: &Journey<'_>, address: &str, came: Came, chosen: Option<bool>) -> Way {
        let is_wrong = match after.at(address) {
            Some((_, Step::Page { errors, .. })) => !errors.is_empty(),
            // Nothing chosen: neither to add another nor to go on.
            Some((_, Step::List(_))) => chosen.is_none(),
            None => false,
        };
        if is_wrong { Way::Wrong } else { Way::To(next(before, after, address, came, chosen == Some(true))) }
    }
}

/// What became of a page's files.
#[derive(Default)]
struct Changed {
    /// Those that were not taken.
    refused: Vec<Refused>,
    /// Whether one was taken off, or a thing of a repeat with its own.
    taken_off: bool,
    /// The bytes of what was taken off, to be removed once that is committed.
    gone: Vec<Uuid>,
}

/// Takes the page's files, and takes one off if it is the page's. Files of no question of the page go again by themselves.
fn change_files(
    tx: &mut Tx<'_>,
    now: Timestamp,
    draft: &mut Draft,
    page: &Page,
    prefix: &str,
    files: Vec<File>,
    taken_off: Option<Uuid>,
) -> Result<Changed> {
    let mut changed = Changed::default();
    let questions = || page.questions.iter().filter(|q| q.kind == QuestionType::File);
    let question = |field: &str| questions().find(|q| field.strip_prefix(prefix) == Some(&q.id));
    if let Some(file) = taken_off {
        let field = questions().map(|q| format!("{prefix}{}", q.id)).find(|field| {
            draft.answers.get(field).into_iter().flatten().any(|v| Attached::read(v).is_some_and(|a| a.id == file))
        });
        if let Some(field) = field {
            changed.gone.extend(forms::remove_upload(tx, draft, &field, file)?);
            changed.taken_off = true;
        }
    }
    if files.iter().any(|file| question(&file.field).is_some()) {
        let mut had = forms::uploads_of(tx, draft.id)?;
        for file in files {
            if let Some(question) = question(&file.field) {
                changed.refused.extend(forms::attach(tx, now, draft, question, &mut had, file)?.err());
            }
        }
    }
    Ok(changed)
}

/// Where a page that is right leads: to the end it brings, to the thing that was added, to a page that only now is asked,
/// back to the last page that a change came from, or to the next.
fn next(before: &Journey<'_>, after: &Journey<'_>, address: &str, came: Came, add: bool) -> String {
    if let Some(end) = after.end.filter(|_| after.first_wrong().is_none()) {
        return format!("end/{}", end.id);
    }
    let at = after.at(address).map_or(0, |(n, _)| n);
    let is_new = |step: &&Step<'_>| before.at(&step.address()).is_none();
    let change = if came.change > 0 { "?change=1" } else { "" };
    if add {
        return after.steps.iter().find(is_new).map_or_else(|| address.to_owned(), Step::address) + change;
    }
    if came.change > 0 {
        let asked_now = after.steps.iter().skip(at + 1).find(is_new);
        let step = asked_now.or_else(|| after.first_wrong());
        return step.map_or_else(|| "check".to_owned(), |step| step.address() + change);
    }
    after.steps.get(at + 1).map_or_else(|| onward(after), Step::address)
}
