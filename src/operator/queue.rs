//! `/operator/queue`: what waits, what was set aside, what was done, and the housekeeping.

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use askama::Template;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use uuid::Uuid;

use super::OPERATORS;
use crate::audit;
use crate::kernel::billing_date;
use crate::kernel::time::{long_date, long_moment};
use crate::platform::{Result, jobs, outbox};
use crate::site::{Area, Frame, Posted, Visit};

/// A worker turns about this often, however often a job asks to run.
pub(super) const TURN: SignedDuration = SignedDuration::from_mins(1);

#[derive(Default)]
struct Topic {
    waiting: i64,
    retrying: i64,
    dead: i64,
    oldest: Option<Timestamp>,
    oldest_words: String,
}

struct Job {
    name: String,
    every: String,
    finished: Option<String>,
    failed: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "operator/queue.html")]
struct QueuePage {
    p: Frame,
    catches_mail: bool,
    topics: BTreeMap<String, Topic>,
    set_aside: Vec<(String, String, i64)>,
    jobs: Vec<Job>,
    days: Vec<(String, Vec<(String, i64)>)>,
}

/// `GET /operator/queue`
pub(super) async fn page(visit: Visit) -> Result<HttpResponse> {
    let (me, ()) = visit.staff(OPERATORS, |_, _| Ok(())).await?;
    let week_ago = billing_date(visit.now - 168.hours());
    let (health, set_aside, jobs, tally) = visit
        .with_db(move |db| {
            Ok((outbox::health(db)?, outbox::set_aside(db)?, jobs::list(db)?, jobs::tally_since(db, week_ago)?))
        })
        .await?;
    let mut topics: BTreeMap<String, Topic> = BTreeMap::new();
    for one in health {
        let topic = topics.entry(one.topic).or_default();
        topic.waiting += one.waiting;
        topic.retrying += one.retrying;
        topic.dead += one.dead;
        topic.oldest = [topic.oldest, one.oldest.map(Into::into)].into_iter().flatten().min();
        topic.oldest_words = topic.oldest.map(long_moment).unwrap_or_default();
    }
    let mut days: Vec<(String, Vec<(String, i64)>)> = Vec::new();
    for (day, what, n) in tally {
        let day = long_date(day);
        match days.last_mut().filter(|(last, _)| *last == day) {
            Some((_, counts)) => counts.push((what, n)),
            None => days.push((day, vec![(what, n)])),
        }
    }
    visit.ok(&QueuePage {
        p: visit.staff_frame(Area::Operator, &me),
        catches_mail: visit.site.config.mail_catcher.is_some(),
        topics,
        set_aside,
        jobs: jobs.into_iter().map(job).collect(),
        days,
    })
}

fn job(job: jobs::Job) -> Job {
    let seconds = job.every.as_secs();
    Job {
        name: job.name,
        every: if seconds < 60 { format!("{seconds} seconds") } else { format!("{} minutes", seconds / 60) },
        finished: job.finished_at.map(long_moment),
        // A failure that a later success has mended is history.
        failed: job
            .failed_at
            .filter(|failed| job.finished_at.is_none_or(|finished| finished < *failed))
            .map(|at| (long_moment(at), job.last_error.unwrap_or_default())),
    }
}

/// `POST /operator/queue/revive`
pub(super) async fn revive(form: Posted) -> Result<HttpResponse> {
    let visit = &form.visit;
    let (db, here, now, topic) = (visit.site.db.clone(), visit.here.clone(), visit.now, form.get("topic").to_owned());
    visit
        .staff(OPERATORS, move |tx, me| {
            let revived = outbox::revive(&db, &topic, now)?;
            let entry = audit::Entry {
                action: "queue.revive",
                subject_kind: "topic",
                subject_id: Uuid::nil(),
                subject_label: &topic,
                purpose: &format!("{revived} items set aside"),
                handler: None,
            };
            audit::record(tx, now, &me.actor(&here.name), &entry)
        })
        .await?;
    visit.see_other("/operator/queue")
}
