//! What waits for a disk, a network or the database does so on threads of its own, never on those that take requests.

use actix_web::web;

use crate::platform::{Error, Result, Turns};

/// Speaks with the store of files, in a turn.
pub(super) async fn with_files<T: Send + 'static>(
    turns: &Turns,
    f: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T> {
    let turn = turns.next().await?;
    block(move || {
        let _turn = turn;
        Ok(f().map_err(anyhow::Error::from)?)
    })
    .await
}

/// Off the request threads. What waits for others takes a turn first, so that there is always a thread for the rest.
pub(super) async fn block<T: Send + 'static>(f: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    // What is logged on the other thread still belongs to this request.
    let span = tracing::Span::current();
    web::block(move || span.in_scope(f))
        .await
        .map_err(|_| Error::Other(anyhow::anyhow!("a blocking task was cut short")))?
}
