//! `/operator/mail`: what the demonstration's mail catcher holds. There is no such page where mail is really sent.

use std::path::PathBuf;

use actix_web::{HttpResponse, web};
use askama::Template;
use uuid::Uuid;

use super::OPERATORS;
use crate::kernel::time::long_moment;
use crate::notify::catcher::{self, Caught};
use crate::platform::{Error, Result};
use crate::site::{Area, Frame, Visit};

/// The newest mails shown.
const SHOWN: usize = 100;

#[derive(Template)]
#[template(path = "operator/mails.html")]
struct MailsPage {
    p: Frame,
    catches_mail: bool,
    mails: Vec<(String, Caught)>,
}

#[derive(Template)]
#[template(path = "operator/mail.html")]
struct MailPage {
    p: Frame,
    at: String,
    mail: Caught,
    paragraphs: Vec<Vec<Vec<Word>>>,
}

/// A word of a mail's text; links can be followed, as a mail program lets one.
struct Word {
    text: String,
    link: bool,
}

fn folder(visit: &Visit) -> Result<PathBuf> {
    visit.site.config.mail_catcher.clone().ok_or(Error::NotFound)
}

/// `GET /operator/mail`
pub(super) async fn list(visit: Visit) -> Result<HttpResponse> {
    let folder = folder(&visit)?;
    let (me, mut mails) = visit.staff(OPERATORS, move |_, _| Ok(catcher::newest(&folder, SHOWN)?)).await?;
    mails.sort_by_key(|mail| std::cmp::Reverse(mail.at));
    visit.ok(&MailsPage {
        p: visit.staff_frame(Area::Operator, &me),
        catches_mail: true,
        mails: mails.into_iter().map(|mail| (long_moment(mail.at), mail)).collect(),
    })
}

/// `GET /operator/mail/{mail}`
pub(super) async fn one(visit: Visit, mail: web::Path<String>) -> Result<HttpResponse> {
    let folder = folder(&visit)?;
    let (me, mail) = visit
        .staff(OPERATORS, move |_, _| {
            let id: Uuid = mail.parse().map_err(|_| Error::NotFound)?;
            catcher::read(&folder, id)?.ok_or(Error::NotFound)
        })
        .await?;
    let page = MailPage {
        p: visit.staff_frame(Area::Operator, &me),
        at: long_moment(mail.at),
        paragraphs: paragraphs(&mail.text),
        mail,
    };
    visit.ok(&page)
}

fn paragraphs(text: &str) -> Vec<Vec<Vec<Word>>> {
    let word =
        |text: &str| Word { text: text.to_owned(), link: text.starts_with("http://") || text.starts_with("https://") };
    let text = text.replace("\r\n", "\n");
    let paragraphs = text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty());
    paragraphs.map(|p| p.trim().lines().map(|line| line.split(' ').map(word).collect()).collect()).collect()
}
