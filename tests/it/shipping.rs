//! What is shipped besides the program: the image, the compose file and the page about running it. There may be no engine
//! here to build the image with, so everything that these files name is looked for, and what they run is run.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use diesel::prelude::*;
use moothall::app::{Part, examine};
use moothall::kernel::new_id;
use moothall::platform::config::DatabaseConfig;
use moothall::platform::postgres::{Postgres, binaries};
use moothall::platform::schema::draft;
use moothall::platform::{Db, Scope};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_yaml_ng::Value;
use uuid::Uuid;

use super::harness::{App, Database};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The Dockerfile's instructions, a line each.
fn instructions() -> Vec<(String, String)> {
    let text = read("Dockerfile").replace("\\\n", " ");
    let lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    lines
        .filter_map(|line| line.split_once(' '))
        .map(|(name, rest)| (name.to_owned(), rest.trim().to_owned()))
        .collect()
}

/// What is copied from the context: sources, destination, and whether the stage is the one that builds.
fn copies() -> Vec<(Vec<String>, String, bool)> {
    let mut stages = 0;
    let mut copies = Vec::new();
    for (name, rest) in instructions() {
        stages += u32::from(name == "FROM");
        if name == "COPY" && !rest.starts_with("--from") {
            let mut words: Vec<String> = rest.split_whitespace().map(ToOwned::to_owned).collect();
            let to = words.pop().unwrap();
            copies.push((words, to, stages == 1));
        }
    }
    copies
}

fn compose() -> Value {
    let mut compose: Value = serde_yaml_ng::from_str(&read("docker-compose.yml")).unwrap();
    compose.apply_merge().unwrap();
    compose
}

fn services(compose: &Value) -> Vec<(&str, &Value)> {
    compose["services"].as_mapping().unwrap().iter().map(|(name, service)| (name.as_str().unwrap(), service)).collect()
}

/// Our own services: those of the image that is built here.
fn ours(compose: &Value) -> Vec<(&str, &Value)> {
    services(compose).into_iter().filter(|(_, service)| service["image"].as_str() == Some("moothall")).collect()
}

fn strings(value: &Value) -> Vec<String> {
    value.as_sequence().into_iter().flatten().map(|one| one.as_str().unwrap().to_owned()).collect()
}

fn environment(service: &Value) -> Vec<(String, String)> {
    let pairs = service["environment"].as_mapping().into_iter().flatten();
    pairs.map(|(name, value)| (name.as_str().unwrap().to_owned(), value.as_str().unwrap().to_owned())).collect()
}

/// Every variable that the program reads.
fn variables() -> BTreeSet<String> {
    let config = read("src/platform/config.rs");
    let calls = ["required(\"", "optional(\"", "parsed(\""];
    let named = calls.iter().flat_map(|call| config.split(call).skip(1).filter_map(|rest| rest.split('"').next()));
    named.map(ToOwned::to_owned).chain(["RUST_LOG".to_owned()]).collect()
}

#[test]
fn the_image_is_given_all_that_the_build_reads() {
    let context = tempfile::tempdir().unwrap();
    let unignored: Vec<String> =
        read(".dockerignore").lines().filter_map(|line| line.strip_prefix('!')).map(ToOwned::to_owned).collect();
    for (from, to, builds) in copies() {
        for source in from {
            assert!(root().join(&source).exists(), "the Dockerfile copies {source}, which does not exist");
            assert!(unignored.contains(&source), ".dockerignore keeps {source} out");
            if builds {
                let target = if to == "./" { context.path().join(&source) } else { context.path().join(&to) };
                copy(&root().join(&source), &target);
            }
        }
    }
    // The manifest names nothing that is not there, and the program that the second stage copies is made.
    let described = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline", "--locked"])
        .current_dir(context.path())
        .output()
        .unwrap();
    assert!(described.status.success(), "{}", String::from_utf8_lossy(&described.stderr));
    let described: serde_json::Value = serde_json::from_slice(&described.stdout).unwrap();
    let targets = described["packages"][0]["targets"].as_array().unwrap();
    assert!(targets.iter().any(|t| t["name"] == "moothall" && t["kind"][0] == "bin"), "{targets:?}");
    // Files that the source takes in.
    let mut sources = Vec::new();
    files(&context.path().join("src"), &mut sources);
    for source in sources.iter().filter(|file| file.extension().is_some_and(|e| e == "rs")) {
        let text = fs::read_to_string(source).unwrap();
        for call in ["include_str!(\"", "include_bytes!(\"", "include!(\""] {
            for named in text.split(call).skip(1).filter_map(|rest| rest.split('"').next()) {
                let taken_in = source.parent().unwrap().join(named);
                assert!(taken_in.exists(), "{} takes in {named}, which the image has not", source.display());
            }
        }
        for named in text.split("#[template(path = \"").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(context.path().join("src").join(named).exists(), "{named} is not in the image");
        }
    }
}

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        fs::copy(from, to).unwrap();
    }
}

#[test]
fn the_image_is_not_root_and_names_only_what_there_is() {
    let instructions = instructions();
    let of =
        |name: &str| instructions.iter().filter(|(n, _)| n == name).map(|(_, rest)| rest.as_str()).collect::<Vec<_>>();
    assert_ne!(of("USER"), [] as [&str; 0]);
    assert!(of("USER").iter().all(|user| *user != "root" && *user != "0"));
    let set: Vec<(&str, &str)> =
        of("ENV").iter().flat_map(|line| line.split_whitespace()).map(|pair| pair.split_once('=').unwrap()).collect();
    for (name, _) in &set {
        assert!(variables().contains(*name), "the program does not read {name}");
    }
    let (_, admin) = set.iter().find(|(name, _)| *name == "ADMIN_ADDR").unwrap();
    let health = of("HEALTHCHECK")[0];
    assert!(
        health.contains(&format!("http://{admin}/healthz")),
        "the health check asks elsewhere than {admin}: {health}"
    );
    assert!(read("src/app/admin.rs").contains("\"/healthz\""));
    let installed = of("RUN").join(" ");
    assert!(installed.contains(" curl ") && installed.contains(" libpq5 "), "{installed}");
    let (_, web) = set.iter().find(|(name, _)| *name == "LISTEN_ADDR").unwrap();
    assert_eq!(of("EXPOSE"), [web.rsplit_once(':').unwrap().1]);
    assert_eq!((of("ENTRYPOINT"), of("CMD")), (vec!["[\"moothall\"]"], vec!["[\"serve\"]"]));
}

#[test]
fn the_compose_file_names_only_what_there_is() {
    let compose = compose();
    let names: Vec<&str> = services(&compose).iter().map(|(name, _)| *name).collect();
    for (name, service) in services(&compose) {
        for (other, _) in service["depends_on"].as_mapping().into_iter().flatten() {
            assert!(names.contains(&other.as_str().unwrap()), "{name} waits for {other:?}");
        }
        for volume in strings(&service["volumes"]) {
            let from = volume.split(':').next().unwrap();
            match from.strip_prefix("./") {
                Some(path) => assert!(root().join(path).exists(), "{name} mounts {from}, which does not exist"),
                None => assert!(compose["volumes"].get(from).is_some(), "{name} mounts {from}, which is not declared"),
            }
        }
        for config in service["configs"].as_sequence().into_iter().flatten() {
            assert!(compose["configs"].get(&config["source"]).is_some(), "{name} takes {config:?}");
        }
    }
    let known = variables();
    for (name, service) in ours(&compose) {
        for (variable, _) in environment(service) {
            assert!(known.contains(&variable), "{name} sets {variable}, which the program does not read");
        }
    }
    // What the passwords are read from is given to the container that reads them.
    let given: Vec<String> = environment(&compose["services"]["postgres"]).into_iter().map(|(name, _)| name).collect();
    let sql = compose["configs"]["passwords"]["content"].as_str().unwrap();
    for line in sql.lines().filter_map(|line| line.strip_prefix("\\getenv ")) {
        let (_, variable) = line.split_once(' ').unwrap();
        assert!(given.contains(&variable.to_owned()), "{variable} is not given to postgres");
    }
}

#[test]
fn the_page_about_running_lists_every_variable() {
    let page = read("docs/running.md");
    let (_, section) = page.split_once("## Configuration").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let listed: BTreeSet<String> =
        section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).map(ToOwned::to_owned).collect();
    assert_eq!(listed, variables());
}

/// A command of the image, with nothing around it but what the compose file gives it.
struct Container {
    dir: tempfile::TempDir,
    database: Database,
}

impl Container {
    fn command(&self, service: &str, extra: &[(&str, String)]) -> Command {
        let compose = compose();
        let service = &compose["services"][service];
        let mut command = Command::new(env!("CARGO_BIN_EXE_moothall"));
        command.env_clear().current_dir(self.dir.path()).stdin(Stdio::null());
        for word in strings(&service["command"]) {
            // What the container sees under /tenants is the folder that is mounted there.
            command.arg(if word == "/tenants" { self.tenants() } else { word });
        }
        for (name, value) in environment(service) {
            let value = match name.as_str() {
                "DATABASE_URL" => self.database.url("moothall_app"),
                "DATABASE_ROUTER_URL" => self.database.url("moothall_router"),
                "DATABASE_SYSTEM_URL" => self.database.url("moothall_system"),
                "DATABASE_MIGRATE_URL" => self.database.url("moothall_migrate"),
                "SECRET_KEY" => "00".repeat(32),
                "FILES_URL" => format!("file://{}", self.database.files().display()),
                _ => value,
            };
            command.env(name, value);
        }
        command.envs(extra.iter().map(|(name, value)| (*name, value)));
        command
    }

    /// The councils of `tenants/` that need be no demonstration's: nobody has reviewed Hartsmoor's Welsh.
    fn tenants(&self) -> String {
        let folder = self.dir.path().join("tenants");
        if !folder.exists() {
            let copied = Command::new("cp").arg("-r").arg(root().join("tenants")).arg(&folder).status().unwrap();
            assert!(copied.success());
            fs::remove_dir_all(folder.join("hartsmoor")).unwrap();
        }
        folder.display().to_string()
    }

    fn run(&self, service: &str) -> String {
        said(&self.command(service, &[]).output().unwrap())
    }
}

#[track_caller]
fn said(output: &Output) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}: {out}{err}", output.status);
    out.into_owned()
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

fn ask(port: u16, path: &str, host: &str) -> Option<(u16, String)> {
    let client = reqwest::blocking::Client::builder()
        .pool_max_idle_per_host(0)
        .timeout(Duration::from_secs(10))
        .build()
        .unwrap();
    let answer = client.get(format!("http://127.0.0.1:{port}{path}")).header("host", host).send().ok()?;
    Some((answer.status().as_u16(), answer.text().unwrap()))
}

#[track_caller]
fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Ends it as a supervisor does, and says what it logged.
fn terminate(mut child: Child) -> String {
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), Signal::SIGTERM).unwrap();
    let mut log = String::new();
    child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert!(child.wait().unwrap().success(), "{log}");
    log
}

#[test]
fn the_images_commands_run_in_a_clean_directory() {
    let container = Container { dir: tempfile::tempdir().unwrap(), database: Database::bare() };
    let help = said(&Command::new(env!("CARGO_BIN_EXE_moothall")).arg("--help").env_clear().output().unwrap());
    for (name, service) in ours(&compose()) {
        let subcommand = strings(&service["command"]).remove(0);
        assert!(help.lines().any(|line| line.trim_start().starts_with(&subcommand)), "{name}: {help}");
    }
    let refused = container.command("serve", &[]).output().unwrap();
    assert!(!refused.status.success(), "a database that was never migrated");
    assert!(container.run("migrate").starts_with("Migrated: "));
    assert!(container.run("migrate").contains("up to date"));
    container.run("tenants");

    let (web, admin, worker) = (free_port(), free_port(), free_port());
    let address = |port: u16| format!("127.0.0.1:{port}");
    let serve = container
        .command(
            "serve",
            &[("LISTEN_ADDR", address(web)), ("ADMIN_ADDR", address(admin)), ("DRAIN_SECONDS", "2".to_owned())],
        )
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let work = container.command("work", &[("ADMIN_ADDR", address(worker))]).stderr(Stdio::piped()).spawn().unwrap();
    for port in [admin, worker] {
        wait_until("it becomes ready", || ask(port, "/readyz", "x").is_some_and(|(status, _)| status == 200));
        assert_eq!(ask(port, "/healthz", "x").unwrap().0, 200);
    }
    assert_eq!(ask(web, "/", "marlhaven.localhost").unwrap().0, 200);
    assert_eq!(ask(web, "/healthz", "marlhaven.localhost").unwrap().0, 404, "health is not the public's");
    assert_eq!(ask(web, "/", "nobody.localhost").unwrap().0, 421);
    ask(web, "/track/private-link?contact=alex@example.org", "marlhaven.localhost").unwrap();
    wait_until("the worker keeps house", || {
        ask(worker, "/metrics", "x").unwrap().1.contains("moothall_jobs_total{result=\"done\",topic=\"metering.fold\"}")
    });
    let numbers = ask(admin, "/metrics", "x").unwrap().1;
    assert!(numbers.contains("moothall_http_requests_total{class=\"2xx\",method=\"GET\",route=\"/\"} 1"), "{numbers}");
    assert!(numbers.contains("moothall_database_connections{pool=\"app\",state=\"max\"}"), "{numbers}");
    assert!(!numbers.contains("marlhaven"), "no number names a council");

    // Told to stop, it says so before it does.
    let pid = Pid::from_raw(i32::try_from(serve.id()).unwrap());
    kill(pid, Signal::SIGTERM).unwrap();
    wait_until("it says that it is stopping", || ask(admin, "/readyz", "x").is_some_and(|(status, _)| status == 503));
    assert_eq!(ask(web, "/", "marlhaven.localhost").unwrap().0, 200, "and still serves");
    let log = {
        let mut serve = serve;
        let mut log = String::new();
        serve.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        assert!(serve.wait().unwrap().success(), "{log}");
        log
    };
    assert!(!log.contains("alex") && !log.contains("private-link") && !log.contains("nobody"), "{log}");
    let line = log.lines().find(|line| line.contains("\"status\":200")).unwrap();
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!(
        (&line["route"], &line["authority"], &line["method"]),
        (&"/".into(), &"marlhaven".into(), &"GET".into())
    );
    assert!(line["span"]["id"].is_string(), "{line}");
    terminate(work);
}

#[test]
fn the_page_about_running_tells_how_to_restore() {
    let app = App::start();
    let (tenant, id, now) = (app.id("marlhaven"), new_id(app.now()), app.now());
    app.database.force(&format!(
        "insert into draft (tenant_id, id, service, version, token_hash, language, answers, started_at, expires_at) \
         values ('{tenant}', '{id}', 'pothole', 1, '', 'en', '{{}}', '{now}', '{now}')"
    ));
    let dir = tempfile::tempdir().unwrap();
    let new_dir = tempfile::tempdir().unwrap();
    let new = Postgres::start(new_dir.path(), &[("fsync", "off")]).unwrap();
    let server = new.url("").replace("{role}", "postgres");
    copy(&root().join("migrations"), &dir.path().join("migrations"));
    let page = read("docs/running.md");
    let block = |from: &str| page.split(from).nth(1).unwrap().split("```").next().unwrap().to_owned();
    for script in [block("```sh\npg_dump"), block("```sh restore")] {
        let script = if script.contains("--format=custom") { format!("pg_dump {script}") } else { script };
        let path = format!("{}:{}", binaries().unwrap().display(), std::env::var("PATH").unwrap());
        let done = Command::new("sh")
            .args(["-euc", &script])
            .current_dir(dir.path())
            .env("PATH", path)
            .env("BACKUP_URL", app.database.url("moothall_backup"))
            .env("NEW", server.trim_end_matches('/'))
            .output()
            .unwrap();
        assert!(done.status.success(), "{script}\n{}", String::from_utf8_lossy(&done.stderr));
    }
    let config = DatabaseConfig::from_template(&new.url("moothall"), 2);
    let restored = Db::new(&config);
    examine(&restored, Part::Both).unwrap();
    let drafts = |slug: &str| -> Vec<Uuid> {
        restored.scoped(Scope::own(app.id(slug)), |tx| Ok(draft::table.select(draft::id).load(tx.conn)?)).unwrap()
    };
    assert_eq!((drafts("marlhaven"), drafts("eastmere")), (vec![id], vec![]));
}
