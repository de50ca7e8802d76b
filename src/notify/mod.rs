//! Messages out: what the outbox asks for becomes mail, at least once, with the same Message-ID every time.
