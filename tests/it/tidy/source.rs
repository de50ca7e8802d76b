//! The project's files, and Rust without its comments and tests.

use std::fs;
use std::path::Path;

use super::regex;

/// A file of the project.
#[derive(Clone)]
pub struct Source {
    /// Its path from the root, with `/`.
    pub path: String,
    /// All of it.
    pub text: String,
    /// Of Rust: without comments and without its `mod tests`, line for line.
    pub code: String,
}

impl Source {
    /// A file with this content.
    pub fn new(path: &str, text: impl Into<String>) -> Source {
        let text = text.into();
        let code = if path.ends_with(".rs") { without_comments(&text) } else { text.clone() };
        let end = code.find("#[cfg(test)]\nmod tests {").unwrap_or(code.len());
        Source { path: path.to_owned(), code: code[..end].to_owned(), text }
    }

    /// Whether people read it as a program: code and templates.
    pub fn is_code(&self) -> bool {
        [".rs", ".html", ".mjs"].iter().any(|ending| self.path.ends_with(ending))
    }

    /// The folder below `src/`, or none: the room it is in.
    pub fn room(&self) -> Option<&str> {
        let rest = self.path.strip_prefix("src/")?;
        Some(rest.split_once('/').map_or(rest.trim_end_matches(".rs"), |(room, _)| room))
    }

    /// A fault at a place in the code.
    pub fn fault(&self, at: usize, what: &str) -> String {
        let line = self.code[..at.min(self.code.len())].matches('\n').count() + 1;
        format!("{}:{line}: {what}", self.path)
    }

    /// Every match in the code of these files, but for those excused.
    pub fn grep_code(sources: &[Source], pattern: &str, excused: &[&str]) -> Vec<String> {
        let pattern = regex(pattern);
        let checked = sources.iter().filter(|s| !excused.contains(&s.path.as_str()));
        checked.flat_map(|s| pattern.find_iter(&s.code).map(|found| s.fault(found.start(), found.as_str()))).collect()
    }

    /// Every match in these files, comments and tests included.
    pub fn grep_all(sources: &[Source], pattern: &str, excused: &[&str]) -> Vec<String> {
        let whole: Vec<Source> = sources.iter().map(|s| Source { code: s.text.clone(), ..s.clone() }).collect();
        Source::grep_code(&whole, pattern, excused)
    }
}

/// Every text file that is ours.
pub fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    collect(root, root, &mut sources);
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(sources.iter().any(|s| s.path == "src/lib.rs"), "the source is not at {}", root.display());
    sources
}

fn collect(root: &Path, dir: &Path, sources: &mut Vec<Source>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy();
        if path.is_dir() {
            if !matches!(name.as_ref(), ".git" | "target" | "node_modules" | "var") {
                collect(root, &path, sources);
            }
        } else if let Ok(text) = fs::read_to_string(&path) {
            sources.push(Source::new(&path.strip_prefix(root).unwrap().to_string_lossy(), text));
        }
    }
}

/// Rust without its comments; strings stay, and so do the lines.
fn without_comments(text: &str) -> String {
    let token = regex(r##"(?s)//[^\n]*|/\*.*?\*/|b?r#".*?"#|b?r"[^"]*"|b?"(?:\\.|[^"\\])*"|b?'(?:\\.|[^'\\\n])'"##);
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    for found in token.find_iter(text) {
        code.push_str(&text[at..found.start()]);
        if found.as_str().starts_with('/') {
            code.extend(found.as_str().matches('\n'));
        } else {
            code.push_str(found.as_str());
        }
        at = found.end();
    }
    code.push_str(&text[at..]);
    code
}
