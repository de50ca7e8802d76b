//! What is measured, against what, and how.

use std::time::Duration;

use anyhow::{Context, ensure};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Jsonb, Text, Timestamptz, Uuid as SqlUuid};
use jiff::{Timestamp, ToSpan};
use jiff_diesel::ToDiesel;
use moothall::identity::{SESSION_COOKIE, issue_token};
use moothall::kernel::seal::{Secret, Token};
use moothall::kernel::{AuthorityId, billing_date};
use moothall::platform::{Clock, config};
use uuid::Uuid;

use super::capture::{Script, draft_id};
use super::load::{Ask, Load, Sample, pgbench, wrk};
use super::memory::Kept;
use super::parse::{self, Parsed};
use super::plans::{self, Plan};
use super::seed::{CONSUMER, Cluster, PROVIDER, TRACKED, followed};
use super::server::Server;
use super::walls::{Walls, walls};
use super::{Arguments, rated, say, uploads};

/// More forms than are sent in a second, by whomever.
const DRAFTS_PER_SECOND: u64 = 24_000;
/// The cookie that knows a browser again.
const BROWSER_COOKIE: &str = "__Host-browser";
/// What an idle server with 16,000 definitions may hold, in MB.
pub const MEMORY_MOST: f64 = 150.0;
/// The page whose form is saved.
const PAGE: &str = "where";
/// The service whose cases a partner accepts.
const SERVICE: &str = "pothole";

/// Everything that runs.
pub struct Bench {
    arguments: Arguments,
    cluster: Cluster,
    secret: Secret,
    server: Server,
    /// The same binary with the councils of `tenants/` alone.
    few: Server,
    started_in: Duration,
    browser: Token,
    next_draft: u64,
}

/// Two loads that took turns.
pub struct Pair {
    /// What was measured.
    pub what: &'static str,
    /// Against what.
    pub against: &'static str,
    /// Of the product.
    pub ours: Vec<Sample>,
    /// Of what it is compared with.
    pub theirs: Vec<Sample>,
    /// The ratio that is demanded; none for what is only recorded.
    pub at_least: Option<f64>,
    /// The ratio that is wished for.
    pub aim: Option<f64>,
}

impl Pair {
    /// The ratio of the medians.
    pub fn ratio(&self) -> f64 {
        median(&self.ours) / median(&self.theirs)
    }

    /// Whether what is demanded is met.
    pub fn is_met(&self) -> bool {
        self.at_least.is_none_or(|least| self.ratio() >= least)
    }
}

/// The middle one of the runs' figures.
pub fn median(samples: &[Sample]) -> f64 {
    let mut figures: Vec<f64> = samples.iter().map(|s| s.per_second).collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

/// What came out.
pub struct Results {
    /// Of what it was run with.
    pub arguments: ArgumentsShown,
    /// The ratios.
    pub pairs: Vec<Pair>,
    /// The statements of each kind of request.
    pub plans: Vec<(&'static str, Vec<Plan>)>,
    /// How quickly answers are read.
    pub parsed: Vec<Parsed>,
    /// How many lines of bills are rated a second, on one core.
    pub rated: f64,
    /// Resident memory in MB: at rest, and at its highest under all the loads.
    pub memory: (f64, f64),
    /// What many files at once add to it, in MB.
    pub uploads: f64,
    /// From the start of the process to its readiness.
    pub started_in: Duration,
    /// For each council: what its front page weighs compressed, with sheets, scripts and pictures, in bytes.
    pub weights: Vec<(String, usize)>,
    /// How large the databases are.
    pub database: String,
}

/// The scale of a run, for the page.
pub struct ArgumentsShown {
    /// Councils.
    pub tenants: u32,
    /// Cases.
    pub cases: u32,
    /// Cases at each large council.
    pub large: u32,
    /// Runs.
    pub runs: usize,
    /// Seconds of each.
    pub seconds: u32,
}

impl Results {
    /// Whether everything that is demanded is met.
    pub fn are_met(&self) -> bool {
        self.pairs.iter().all(Pair::is_met)
            && self.parsed.iter().all(Parsed::is_met)
            && self.rated >= rated::AT_LEAST
            && self.memory.0 <= MEMORY_MOST
            && self.uploads <= uploads::MOST
            && self.plans.iter().flat_map(|(_, p)| p).all(|p| p.faults.is_empty())
    }
}

impl Bench {
    /// Starts the database and the servers.
    pub fn prepare(arguments: &Arguments) -> anyhow::Result<Bench> {
        let secret_hex = "6d".repeat(32);
        let secret = config::secret(&secret_hex)?;
        let cluster = Cluster::start(arguments, &secret, now())?;
        walls(&mut cluster.measured()?, Walls::Up)?;
        let mut starts = Vec::new();
        for _ in 0..arguments.runs {
            let (server, took) = Server::start(|role| cluster.measured_url(role), &secret_hex)?;
            drop(server);
            starts.push(took);
        }
        starts.sort();
        let (server, _) = Server::start(|role| cluster.measured_url(role), &secret_hex)?;
        let (few, _) = Server::start(|role| cluster.url(role, &cluster.few), &secret_hex)?;
        Ok(Bench {
            arguments: arguments.clone(),
            started_in: starts.get(starts.len() / 2).copied().unwrap_or_default(),
            cluster,
            secret,
            server,
            few,
            browser: Token::presented("the-browser-of-the-bench-00"),
            next_draft: 1,
        })
    }

    /// Measures everything.
    pub fn measure(&mut self) -> anyhow::Result<Results> {
        std::thread::sleep(Duration::from_secs(3));
        let (at_rest, _) = self.server.memory()?;
        let uploads = self.uploads()?;
        let tracks = self.tracks()?;
        let queues = self.queues()?;
        say("listening to what requests say to the database");
        let track = self.script_of(CONSUMER, &tracks)?;
        let queue = self.script_of(PROVIDER, &queues)?;
        let (save, page) = self.script_of_save()?;
        let (submit, form) = self.script_of_submit()?;
        let plans =
            self.plans(&[("track", &track), ("staff queue", &queue), ("form page", &save), ("final submit", &submit)])?;
        let (mut pairs, wanted) = (Vec::new(), self.wanted());
        pairs.extend(wanted("form page").then(|| self.save(&save, &page)).transpose()?);
        pairs.extend(wanted("final submit").then(|| self.submit(&submit, &form)).transpose()?);
        let mut more = Vec::new();
        more.extend(wanted("track").then(|| self.read("track", CONSUMER, &tracks, &track)).transpose()?);
        more.extend(wanted("staff queue").then(|| self.read("staff queue", PROVIDER, &queues, &queue)).transpose()?);
        more.extend(wanted("landing").then(|| self.landing()).transpose()?);
        pairs.extend(more.into_iter().flatten());
        pairs.extend(wanted("search").then(|| self.search()).transpose()?);
        say("reading answers, rating usage");
        let parsed = parse::measure(self.arguments.seconds)?;
        Ok(Results {
            arguments: ArgumentsShown {
                tenants: self.arguments.tenants,
                cases: self.arguments.cases,
                large: self.arguments.large,
                runs: self.arguments.runs,
                seconds: self.arguments.seconds,
            },
            pairs,
            plans,
            parsed,
            rated: rated::measure(self.arguments.seconds)?,
            memory: (at_rest, self.server.memory()?.1),
            uploads,
            started_in: self.started_in,
            weights: self.weights()?,
            database: self.size()?,
        })
    }

    /// Says of each pair whether it is to be measured.
    fn wanted(&self) -> impl Fn(&str) -> bool + use<> {
        let only = self.arguments.only.clone();
        move |pair| only.as_ref().is_none_or(|only| only == pair)
    }

    /// What files that come all at once add to the memory of a server that has just started.
    fn uploads(&mut self) -> anyhow::Result<f64> {
        say("taking many files at once");
        let first = self.drafts(1)?;
        let (host, path, cookie) =
            (host(CONSUMER), format!("/forms/{}/{PAGE}", draft_id(first)), self.browser_cookie());
        let page = self.server.page(&host, &path, &cookie)?;
        uploads::measure(&self.server, &host, &path, &cookie, token(&page)?)
    }

    /// The private links that citizens follow: from their mail, so without any cookie.
    fn tracks(&self) -> anyhow::Result<Vec<Ask>> {
        let followed = followed(&mut self.cluster.measured()?, &self.secret)?;
        ensure!(followed.len() == TRACKED, "{} cases can be followed", followed.len());
        let page = self.server.page(&host(CONSUMER), &followed[0].path, "")?;
        ensure!(page.contains("We have your report.") || page.contains("Example Street"), "no case is shown: {page}");
        Ok(followed.into_iter().map(|f| Ask { path: f.path, cookie: String::new() }).collect())
    }

    /// The officers' queues.
    fn queues(&self) -> anyhow::Result<Vec<Ask>> {
        #[derive(QueryableByName)]
        struct Session {
            #[diesel(sql_type = SqlUuid)]
            tenant_id: AuthorityId,
            #[diesel(sql_type = SqlUuid)]
            staff_id: Uuid,
            #[diesel(sql_type = SqlUuid)]
            id: Uuid,
        }
        let sql = format!(
            "select s.tenant_id, s.staff_id, s.id from staff_session s join authority a using (tenant_id) \
             where a.slug = '{PROVIDER}' order by s.id"
        );
        let sessions: Vec<Session> = diesel::sql_query(sql).load(&mut self.cluster.measured()?)?;
        let ask = |s: Session| {
            let token = issue_token(&self.secret, s.tenant_id, s.staff_id, s.id, now())?;
            let cookie = format!("{SESSION_COOKIE}={token}; {BROWSER_COOKIE}={}", self.browser.expose());
            Ok(Ask { path: "/staff".to_owned(), cookie })
        };
        let asks = sessions.into_iter().map(ask).collect::<anyhow::Result<Vec<Ask>>>()?;
        let first = asks.first().context("nobody is signed in")?;
        let page = self.server.page(&host(PROVIDER), &first.path, &first.cookie)?;
        ensure!(page.matches("/staff/cases/").count() >= 25, "the queue shows too few cases: {page}");
        Ok(asks)
    }

    fn script_of(&self, slug: &str, asks: &[Ask]) -> anyhow::Result<Script> {
        Script::of_reads(&self.cluster, asks.len(), |n| {
            self.server.page(&host(slug), &asks[n].path, &asks[n].cookie).map(|_| ())
        })
    }

    fn script_of_save(&mut self) -> anyhow::Result<(Script, String)> {
        let first = self.drafts(4)?;
        let cookie = self.browser_cookie();
        let page = self.server.page(&host(CONSUMER), &format!("/forms/{}/{PAGE}", draft_id(first + 2)), &cookie)?;
        let form = format!("_token={}&location=Quay+Street%2C+outside+the+chandlery", token(&page)?);
        let script = Script::of_writes(&self.cluster, [draft_id(first), draft_id(first + 1)], |draft| {
            let to = self.server.post(&host(CONSUMER), &format!("/forms/{draft}/{PAGE}"), &cookie, &form)?;
            ensure!(to.starts_with("/forms/") && !to.ends_with(PAGE), "the page was not taken: it leads to {to}");
            Ok(())
        })?;
        ensure!(script.statements().any(|sql| sql.starts_with("UPDATE")), "nothing was saved");
        Ok((script, form))
    }

    fn script_of_submit(&mut self) -> anyhow::Result<(Script, String)> {
        let first = self.drafts(4)?;
        let cookie = self.browser_cookie();
        let page = self.server.page(&host(CONSUMER), &format!("/forms/{}/check", draft_id(first + 2)), &cookie)?;
        let form = format!("_token={}&website=", token(&page)?);
        let script = Script::of_writes(&self.cluster, [draft_id(first), draft_id(first + 1)], |draft| {
            let to = self.server.post(&host(CONSUMER), &format!("/forms/{draft}/check"), &cookie, &form)?;
            ensure!(to.ends_with("/receipt"), "the form was not taken: it leads to {to}");
            Ok(())
        })?;
        let metered = script.statements().filter(|sql| sql.contains("usage_event")).count();
        ensure!(metered > 0, "the submit is not metered: is the agreement in force?");
        Ok((script, form))
    }

    fn plans(&self, scripts: &[(&'static str, &Script)]) -> anyhow::Result<Vec<(&'static str, Vec<Plan>)>> {
        let examine = |(what, script): &(&'static str, &Script)| {
            let plans = plans::examine(&self.cluster, script, self.next_draft - 1)?;
            for plan in plans.iter().filter(|p| !p.faults.is_empty()) {
                say(&format!("{what}: {}\n  {}", plan.statement, plan.faults.join("\n  ")));
            }
            Ok((*what, plans))
        };
        scripts.iter().map(examine).collect()
    }

    /// The final submit, whole: draft, case, sheet, timeline, usage, outbox, the draft's end.
    fn submit(&mut self, script: &Script, form: &str) -> anyhow::Result<Pair> {
        let (runs, seconds) = (self.arguments.runs, self.arguments.seconds);
        let mut pair = pair("final submit", "pgbench, same statements", Some(0.40), Some(0.6));
        for run in 0..=runs {
            let seconds = if run == 0 { 2 } else { seconds };
            let cookie = self.browser_cookie();
            let first = self.fresh(seconds)?;
            let load = Load::Submit { first, page: "check", cookie: &cookie, form };
            let ours = self.wrk(&self.server, CONSUMER, &load, seconds)?;
            self.submitted(&ours)?;
            let first = self.fresh(seconds)?;
            let theirs = pgbench(&self.cluster, script, first, seconds)?;
            self.submitted(&theirs)?;
            pair.add(run, ours, theirs);
        }
        Ok(pair)
    }

    /// A page of a form that is left: everything typed so far is saved.
    fn save(&mut self, script: &Script, form: &str) -> anyhow::Result<Pair> {
        let (runs, seconds) = (self.arguments.runs, self.arguments.seconds);
        let mut pair = pair("form page, draft saved", "pgbench, same statements", Some(0.45), Some(0.6));
        for run in 0..=runs {
            let seconds = if run == 0 { 2 } else { seconds };
            let cookie = self.browser_cookie();
            let first = self.fresh(seconds)?;
            let load = Load::Submit { first, page: PAGE, cookie: &cookie, form };
            let ours = self.wrk(&self.server, CONSUMER, &load, seconds)?;
            self.saved(&ours)?;
            let first = self.fresh(seconds)?;
            let theirs = pgbench(&self.cluster, script, first, seconds)?;
            self.saved(&theirs)?;
            pair.add(run, ours, theirs);
        }
        Ok(pair)
    }

    /// As many drafts as there were requests were saved, but for the few that were under way at the end.
    fn saved(&self, sample: &Sample) -> anyhow::Result<()> {
        #[derive(QueryableByName)]
        struct Counts {
            #[diesel(sql_type = BigInt)]
            saved: i64,
        }
        let sql = format!("select count(*) as saved from draft where at_step = '{PAGE}'");
        let saved = diesel::sql_query(sql).get_result::<Counts>(&mut self.cluster.measured()?)?.saved;
        let under_way = saved - i64::try_from(sample.done)?;
        ensure!(
            (0..=i64::from(super::server::CONNECTIONS)).contains(&under_way),
            "{} requests were answered, {saved} drafts were saved",
            sample.done
        );
        Ok(())
    }

    /// A page that is read, against its statements, and with the walls against without.
    fn read(&self, what: &'static str, slug: &str, asks: &[Ask], script: &Script) -> anyhow::Result<Vec<Pair>> {
        let (runs, seconds) = (self.arguments.runs, self.arguments.seconds);
        let (walled, walled_sql) = match what {
            "track" => ("track, row level security on", "track's statements in pgbench, on"),
            _ => ("staff queue, row level security on", "staff queue's statements in pgbench, on"),
        };
        let mut against_sql = pair(what, "pgbench, same statements", Some(0.45), Some(0.6));
        let mut with = pair(walled, "off", Some(0.80), None);
        let mut with_sql = pair(walled_sql, "off", None, None);
        self.checkpoint()?;
        for run in 0..=runs {
            let seconds = if run == 0 { 2 } else { seconds };
            let mut samples = Vec::new();
            for state in [Walls::Up, Walls::Down] {
                walls(&mut self.cluster.measured()?, state)?;
                samples.push(self.wrk(&self.server, slug, &Load::Get(asks), seconds)?);
                samples.push(pgbench(&self.cluster, script, 0, seconds)?);
            }
            walls(&mut self.cluster.measured()?, Walls::Up)?;
            if let Ok([ours, sql, open, open_sql]) = <[Sample; 4]>::try_from(samples) {
                against_sql.add(run, ours.clone(), sql.clone());
                with.add(run, ours, open);
                with_sql.add(run, sql, open_sql);
            }
        }
        Ok(vec![against_sql, with, with_sql])
    }

    /// The front page.
    fn landing(&self) -> anyhow::Result<Vec<Pair>> {
        let (runs, seconds) = (self.arguments.runs, self.arguments.seconds);
        let memory = self.memory_of("/")?;
        let asks = [Ask { path: "/".to_owned(), cookie: String::new() }];
        let mut against_memory = pair("landing page", "the same bytes from memory", Some(0.50), Some(0.9));
        let mut many = pair("landing page, 400 tenants", "4 tenants", Some(0.90), None);
        for run in 0..=runs {
            let seconds = if run == 0 { 2 } else { seconds };
            let ours = self.wrk(&self.server, CONSUMER, &Load::Get(&asks), seconds)?;
            let theirs = self.wrk(&memory, CONSUMER, &Load::Get(&asks), seconds)?;
            let few = self.wrk(&self.few, CONSUMER, &Load::Get(&asks), seconds)?;
            against_memory.add(run, ours.clone(), theirs);
            many.add(run, ours, few);
        }
        Ok(vec![against_memory, many])
    }

    /// A search among a council's forty services.
    fn search(&self) -> anyhow::Result<Pair> {
        const PATH: &str = "/search?q=hole+in+the+road";
        let memory = self.memory_of(PATH)?;
        let ask = |path: &str| [Ask { path: path.to_owned(), cookie: self.browser_cookie() }];
        let mut pair = pair("search", "the same bytes from memory", Some(0.25), None);
        for run in 0..=self.arguments.runs {
            let seconds = if run == 0 { 2 } else { self.arguments.seconds };
            let ours = self.wrk(&self.server, CONSUMER, &Load::Get(&ask(PATH)), seconds)?;
            let theirs = self.wrk(&memory, CONSUMER, &Load::Get(&ask("/")), seconds)?;
            pair.add(run, ours, theirs);
        }
        Ok(pair)
    }

    /// A server that sends what a page of the consumer's is made of, from memory.
    fn memory_of(&self, path: &str) -> anyhow::Result<Server> {
        let answer = self.server.get(&host(CONSUMER), path, &self.browser_cookie())?;
        ensure!(answer.status() == 200, "{path} answers {}", answer.status());
        let own = ["date", "content-length", "connection"];
        let headers = answer.headers().iter().filter(|(name, _)| !own.contains(&name.as_str()));
        let headers = headers.map(|(name, value)| Ok((name.to_string(), value.to_str()?.to_owned())));
        let kept = Kept { headers: headers.collect::<anyhow::Result<_>>()?, body: answer.bytes()?.to_vec() };
        let file = self.cluster.dir.join("page.json");
        std::fs::write(&file, serde_json::to_vec(&kept)?)?;
        Server::of_memory(&file)
    }

    fn wrk(&self, server: &Server, slug: &str, load: &Load<'_>, seconds: u32) -> anyhow::Result<Sample> {
        wrk(&self.cluster.dir, server.address(), &host(slug), load, seconds)
    }

    /// Empty queues and enough drafts for a run; says the number of the first.
    fn fresh(&mut self, seconds: u32) -> anyhow::Result<u64> {
        self.cluster.measured()?.batch_execute("truncate draft, saved_draft, draft_upload, usage_pending, outbox")?;
        let first = self.drafts(u64::from(seconds) * DRAFTS_PER_SECOND)?;
        self.cluster.measured()?.batch_execute("vacuum analyze draft")?;
        self.checkpoint()?;
        Ok(first)
    }

    /// As many requests as there were have each made a case and been metered once, but for the few that were under way at
    /// the end.
    fn submitted(&self, sample: &Sample) -> anyhow::Result<()> {
        #[derive(QueryableByName)]
        struct Counts {
            #[diesel(sql_type = BigInt)]
            ended: i64,
            #[diesel(sql_type = BigInt)]
            metered: i64,
        }
        let counts: Counts = diesel::sql_query(
            "select (select count(*) from draft where submitted_at is not null) as ended, \
             (select count(*) from usage_pending) as metered",
        )
        .get_result(&mut self.cluster.measured()?)?;
        let under_way = counts.ended - i64::try_from(sample.done)?;
        ensure!(
            counts.ended == counts.metered && (0..=i64::from(super::server::CONNECTIONS)).contains(&under_way),
            "{} requests were answered, {} forms were taken, {} acts were metered",
            sample.done,
            counts.ended,
            counts.metered
        );
        Ok(())
    }

    /// Adds finished forms of one browser; says the number of the first.
    fn drafts(&mut self, count: u64) -> anyhow::Result<u64> {
        let first = self.next_draft;
        self.next_draft += count;
        let seen = billing_date(now() - 24.hours());
        let answers = serde_json::json!({
            "location": ["Quay Street, outside the chandlery"], "surface": ["road"], "depth": ["deep"], "width": ["30"],
            "danger": ["swerving", "damage"], "more": ["It fills with water when it rains."],
            "first_seen-day": [seen.day().to_string()], "first_seen-month": [seen.month().to_string()],
            "first_seen-year": [seen.year().to_string()],
            "name": ["Alex Example"], "email": ["alex@mail.example"], "phone": ["07700 900123"],
        });
        diesel::sql_query(
            "insert into draft (tenant_id, id, service, version, token_hash, language, answers, started_at, expires_at) \
             select a.tenant_id, ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, v.slug, v.version, $4, \
             'en', $5, $6, $7 \
             from authority a join service_version v using (tenant_id), generate_series($1, $2) n \
             where a.slug = $3 and v.slug = $8",
        )
        .bind::<BigInt, _>(i64::try_from(first)?)
        .bind::<BigInt, _>(i64::try_from(self.next_draft - 1)?)
        .bind::<Text, _>(CONSUMER)
        .bind::<Binary, _>(self.browser.hash())
        .bind::<Jsonb, _>(answers)
        .bind::<Timestamptz, _>(now().to_diesel())
        .bind::<Timestamptz, _>((now() + 24.hours()).to_diesel())
        .bind::<Text, _>(SERVICE)
        .execute(&mut self.cluster.measured()?)?;
        Ok(first)
    }

    fn browser_cookie(&self) -> String {
        format!("{BROWSER_COOKIE}={}", self.browser.expose())
    }

    fn checkpoint(&self) -> anyhow::Result<()> {
        Ok(self.cluster.measured()?.batch_execute("checkpoint")?)
    }

    /// What a first visit to each council of `tenants/` brings down the line, but for fonts.
    fn weights(&self) -> anyhow::Result<Vec<(String, usize)>> {
        let mut weights = Vec::new();
        for slug in ["eastmere", "hartsmoor", "marlhaven", "wealdshire"] {
            let page = self.few.page(&host(slug), "/", "")?;
            let mut files: Vec<String> = vec!["/".to_owned()];
            collect_files(&page, &["href=\"", "src=\""], &mut files);
            let mut weight = 0;
            let mut at = 0;
            while let Some(path) = files.get(at).cloned() {
                at += 1;
                let answer = self.few.get(&host(slug), &path, "")?;
                ensure!(answer.status() == 200, "{path} of {slug} answers {}", answer.status());
                weight += answer.bytes()?.len();
                // The common sheets name pictures that none of our pages shows; the council's own names its art.
                if path.starts_with("/brand/") && path.ends_with(".css") {
                    collect_files(&self.few.page(&host(slug), &path, "")?, &["url(\"", "url(", "url('"], &mut files);
                }
            }
            weights.push((slug.to_owned(), weight));
        }
        Ok(weights)
    }

    fn size(&self) -> anyhow::Result<String> {
        #[derive(QueryableByName)]
        struct Size {
            #[diesel(sql_type = Text)]
            size: String,
        }
        let sql = "select pg_size_pretty(pg_database_size(current_database())) as size";
        Ok(diesel::sql_query(sql).get_result::<Size>(&mut self.cluster.measured()?)?.size)
    }
}

impl Pair {
    /// The first run warms up and does not count.
    fn add(&mut self, run: usize, ours: Sample, theirs: Sample) {
        say(&format!(
            "{} against {}{}: {:.0}/s, {:.0}/s, {:.2}",
            self.what,
            self.against,
            if run == 0 { ", warming up".to_owned() } else { format!(", run {run}") },
            ours.per_second,
            theirs.per_second,
            ours.per_second / theirs.per_second
        ));
        if run > 0 {
            self.ours.push(ours);
            self.theirs.push(theirs);
        }
    }
}

fn pair(what: &'static str, against: &'static str, at_least: Option<f64>, aim: Option<f64>) -> Pair {
    Pair { what, against, ours: vec![], theirs: vec![], at_least, aim }
}

/// The files that a page or a sheet names on its own host, without fonts and without what only a click fetches.
fn collect_files(text: &str, before: &[&str], files: &mut Vec<String>) {
    for mark in before {
        for rest in text.split(mark).skip(1) {
            let path = rest.split(['"', ')', '\'']).next().unwrap_or_default().to_owned();
            let fetched = path.starts_with("/assets/") || path.starts_with("/brand/");
            if fetched && !path.ends_with(".woff2") && !files.contains(&path) {
                files.push(path);
            }
        }
    }
}

/// The token of a page's form.
fn token(page: &str) -> anyhow::Result<&str> {
    let token = page.split_once("name=\"_token\" value=\"").and_then(|(_, rest)| rest.split_once('"'));
    Ok(token.context("the page has a token")?.0)
}

fn host(slug: &str) -> String {
    format!("{slug}.localhost")
}

fn now() -> Timestamp {
    Clock::real().now()
}
