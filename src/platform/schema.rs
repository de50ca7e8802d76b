//! Generated from the migrated database by `make schema`; a test compares the two.

diesel::table! {
    account_code (tenant_id, account) {
        tenant_id -> Uuid,
        account -> Text,
        code -> Text,
    }
}

diesel::table! {
    address (tenant_id, uprn) {
        tenant_id -> Uuid,
        uprn -> Int8,
        postcode -> Text,
        line1 -> Text,
        line2 -> Text,
        town -> Text,
        n -> Int4,
    }
}

diesel::table! {
    agreement (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        provider_id -> Uuid,
        author_id -> Uuid,
        shared_at -> Nullable<Timestamptz>,
        reference -> Text,
        variation -> Int4,
        kind -> Text,
        title -> Text,
        legal_basis -> Text,
        payment_terms_days -> Int4,
        purchase_order -> Nullable<Text>,
        running -> Jsonb,
        service_levels -> Jsonb,
        term_from -> Date,
        term_until -> Date,
        data_protection -> Jsonb,
        content_hash -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    agreement_notice (tenant_id, agreement_id, kind) {
        tenant_id -> Uuid,
        agreement_id -> Uuid,
        kind -> Text,
        at -> Timestamptz,
    }
}

diesel::table! {
    agreement_service (tenant_id, agreement_id, service, meter) {
        tenant_id -> Uuid,
        agreement_id -> Uuid,
        provider_id -> Uuid,
        service -> Text,
        meter -> Text,
        outcomes -> Jsonb,
        reversed_when -> Jsonb,
        author_id -> Uuid,
        shared_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    allocation (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        remittance_id -> Uuid,
        document_id -> Uuid,
        provider_id -> Uuid,
        party_id -> Uuid,
        amount_pence -> Int8,
        by_name -> Text,
        at -> Timestamptz,
    }
}

diesel::table! {
    answer_sheet (tenant_id, case_id) {
        tenant_id -> Uuid,
        case_id -> Uuid,
        handler_id -> Uuid,
        sheet -> Jsonb,
        sealed -> Jsonb,
    }
}

diesel::table! {
    api_key (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        name -> Text,
        hash -> Text,
        made_by -> Text,
        made_at -> Timestamptz,
        revoked_by -> Nullable<Text>,
        revoked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    applied_part (tenant_id, part) {
        tenant_id -> Uuid,
        part -> Text,
        file_hash -> Text,
        database_hash -> Text,
        applied_at -> Timestamptz,
    }
}

diesel::table! {
    audit_entry (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        actor_id -> Uuid,
        handler_id -> Nullable<Uuid>,
        actor_name -> Text,
        staff_id -> Nullable<Uuid>,
        by_name -> Text,
        action -> Text,
        subject_kind -> Text,
        subject_id -> Uuid,
        subject_label -> Text,
        purpose -> Text,
        at -> Timestamptz,
    }
}

diesel::table! {
    authority (tenant_id) {
        tenant_id -> Uuid,
        slug -> Text,
        name -> Jsonb,
        short_name -> Jsonb,
        type_name -> Jsonb,
        kind -> Text,
        gss_code -> Nullable<Text>,
        prefix -> Text,
        languages -> Jsonb,
        neighbours -> Jsonb,
        closure_days -> Jsonb,
        vat_number -> Nullable<Text>,
        contact -> Jsonb,
        address -> Jsonb,
        brand -> Jsonb,
        portal -> Jsonb,
        logo_svg -> Text,
        hero_svg -> Nullable<Text>,
        demonstration -> Bool,
        changed_at -> Timestamptz,
    }
}

diesel::table! {
    authority_host (tenant_id, host) {
        tenant_id -> Uuid,
        host -> Text,
        n -> Int4,
    }
}

diesel::table! {
    bank_account (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        account_name -> Text,
        sort_code -> Text,
        account_number -> Text,
        entered_by -> Nullable<Uuid>,
        entered_name -> Text,
        entered_at -> Timestamptz,
        confirmed_by -> Nullable<Uuid>,
        confirmed_name -> Nullable<Text>,
        confirmed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    bill_run (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        provider_id -> Uuid,
        author_id -> Uuid,
        shared_at -> Nullable<Timestamptz>,
        agreement_id -> Uuid,
        period_start -> Date,
        kind -> Text,
        seq -> Int4,
        issued_seq -> Nullable<Int4>,
        cut_batch -> Int8,
        prepared_by -> Nullable<Uuid>,
        prepared_name -> Text,
        prepared_at -> Timestamptz,
        review_until -> Nullable<Date>,
        issued_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    book_period (tenant_id, period_start, n) {
        tenant_id -> Uuid,
        period_start -> Date,
        n -> Int4,
        state -> Text,
        reason -> Nullable<Text>,
        by_name -> Text,
        at -> Timestamptz,
    }
}

diesel::table! {
    budget (tenant_id, financial_year, partner_id, is_income, reference, service) {
        tenant_id -> Uuid,
        financial_year -> Int4,
        partner_id -> Uuid,
        is_income -> Bool,
        reference -> Text,
        service -> Text,
        amount_pence -> Int8,
        by_name -> Text,
        at -> Timestamptz,
    }
}

diesel::table! {
    budget_alert (tenant_id, financial_year, partner_id, is_income, reference, service, amount_pence, threshold) {
        tenant_id -> Uuid,
        financial_year -> Int4,
        partner_id -> Uuid,
        is_income -> Bool,
        reference -> Text,
        service -> Text,
        amount_pence -> Int8,
        threshold -> Int2,
        reached_pence -> Int8,
        at -> Timestamptz,
        seen_by_name -> Nullable<Text>,
        seen_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    budget_threshold (tenant_id) {
        tenant_id -> Uuid,
        percents -> Jsonb,
        on_forecast -> Bool,
    }
}

diesel::table! {
    case_conflict (tenant_id, staff_id, case_id) {
        tenant_id -> Uuid,
        case_id -> Uuid,
        staff_id -> Uuid,
        reason -> Text,
        by_name -> Text,
        at -> Timestamptz,
    }
}

diesel::table! {
    case_event (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        case_id -> Uuid,
        handler_id -> Uuid,
        kind -> Text,
        seen_by -> Text,
        actor_id -> Uuid,
        actor_name -> Text,
        by_name -> Nullable<Text>,
        body -> Text,
        at -> Timestamptz,
    }
}

diesel::table! {
    case_file (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        case_id -> Uuid,
        handler_id -> Uuid,
        n -> Int4,
        field -> Text,
        blob -> Nullable<Uuid>,
        name -> Text,
        kind -> Text,
        size -> Int8,
        sha256 -> Text,
        state -> Text,
        added_at -> Timestamptz,
    }
}

diesel::table! {
    case_time (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        case_id -> Uuid,
        handler_id -> Uuid,
        actor_id -> Uuid,
        minutes -> Int4,
        worked_on -> Date,
        work -> Text,
        by_name -> Text,
        agreement_id -> Nullable<Uuid>,
        takes_back -> Nullable<Uuid>,
        reason -> Nullable<Text>,
        at -> Timestamptz,
    }
}

diesel::table! {
    cases (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        handler_id -> Uuid,
        agreement_id -> Nullable<Uuid>,
        reference -> Text,
        service -> Text,
        version -> Int4,
        kind -> Text,
        title -> Text,
        state -> Text,
        closed -> Bool,
        routed_because -> Text,
        team -> Text,
        contact_name -> Nullable<Text>,
        contact_email -> Nullable<Text>,
        contact_phone -> Nullable<Text>,
        email_key -> Nullable<Text>,
        sensitive -> Bool,
        language -> Text,
        track_hash -> Bytea,
        opened_at -> Timestamptz,
        due_on -> Date,
        taken_by -> Nullable<Uuid>,
        taken_by_name -> Nullable<Text>,
        outcome -> Nullable<Text>,
        closed_at -> Nullable<Timestamptz>,
        done_by -> Nullable<Uuid>,
        unread -> Bool,
        chased_on -> Nullable<Date>,
        rank -> Int2,
        sorted -> Nullable<Bool>,
        partner_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    citizen_login (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        token_hash -> Bytea,
        email_sealed -> Bytea,
        expires_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    citizen_session (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        token_hash -> Bytea,
        details_sealed -> Bytea,
        started_at -> Timestamptz,
        expires_at -> Timestamptz,
        revoked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    council_postcode (tenant_id, postcode) {
        tenant_id -> Uuid,
        postcode -> Text,
    }
}

diesel::table! {
    dispute_entry (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        dispute_id -> Uuid,
        provider_id -> Uuid,
        is_private -> Bool,
        party_id -> Uuid,
        kind -> Text,
        body -> Text,
        amount_pence -> Nullable<Int8>,
        credit_id -> Nullable<Uuid>,
        proposal_id -> Nullable<Uuid>,
        agreement_id -> Nullable<Uuid>,
        by_id -> Nullable<Uuid>,
        by_name -> Text,
        proposed_by -> Nullable<Uuid>,
        proposed_name -> Nullable<Text>,
        at -> Timestamptz,
    }
}

diesel::table! {
    document (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        provider_id -> Uuid,
        author_id -> Uuid,
        shared_at -> Nullable<Timestamptz>,
        agreement_id -> Uuid,
        kind -> Text,
        run_id -> Nullable<Uuid>,
        corrects_id -> Nullable<Uuid>,
        series -> Text,
        financial_year -> Int4,
        number -> Nullable<Int4>,
        number_text -> Nullable<Text>,
        period_start -> Date,
        period_until -> Date,
        net_pence -> Int8,
        vat_pence -> Int8,
        gross_pence -> Int8,
        prepared_name -> Text,
        approved_by -> Nullable<Uuid>,
        approved_name -> Nullable<Text>,
        issued_at -> Nullable<Timestamptz>,
        due_on -> Nullable<Date>,
        snapshot -> Jsonb,
        sha256 -> Nullable<Text>,
    }
}

diesel::table! {
    document_line (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        document_id -> Uuid,
        provider_id -> Uuid,
        author_id -> Uuid,
        shared_at -> Nullable<Timestamptz>,
        n -> Int4,
        price -> Int2,
        part -> Text,
        service -> Nullable<Text>,
        meter -> Nullable<Text>,
        description -> Text,
        quantity -> Int8,
        unit_rate -> Int8,
        net_pence -> Int8,
        vat_category -> Text,
        vat_basis_points -> Int4,
        vat_reason -> Text,
        vat_approver -> Text,
        tariff_version_id -> Uuid,
        tariff_version -> Int4,
        period_from -> Date,
        period_until -> Date,
        event_count -> Int8,
        event_digest -> Text,
        issued_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    draft (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        service -> Text,
        version -> Int4,
        token_hash -> Bytea,
        language -> Text,
        answers -> Jsonb,
        started_at -> Timestamptz,
        expires_at -> Timestamptz,
        submitted_at -> Nullable<Timestamptz>,
        case_id -> Nullable<Uuid>,
        reference -> Nullable<Text>,
        at_step -> Text,
        ended -> Nullable<Text>,
    }
}

diesel::table! {
    draft_upload (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        draft_id -> Uuid,
        n -> Int4,
        field -> Text,
        blob -> Nullable<Uuid>,
        name -> Text,
        kind -> Text,
        size -> Int8,
        sha256 -> Text,
        state -> Text,
        added_at -> Timestamptz,
    }
}

diesel::table! {
    erased_case (tenant_id, case_id) {
        tenant_id -> Uuid,
        case_id -> Uuid,
        provider_id -> Uuid,
        party_id -> Uuid,
        reference -> Text,
        sensitive -> Bool,
        service -> Text,
        version -> Int4,
        retention_months -> Int4,
        closed_on -> Date,
        erased_on -> Date,
    }
}

diesel::table! {
    installation (one) {
        one -> Bool,
        demonstration -> Bool,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    job (name) {
        name -> Text,
        every_seconds -> Int4,
        started_at -> Timestamptz,
        finished_at -> Nullable<Timestamptz>,
        failed_at -> Nullable<Timestamptz>,
        last_error -> Nullable<Text>,
    }
}

diesel::table! {
    journal_entry (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        source_id -> Uuid,
        purpose -> Text,
        description -> Text,
        counterparty_id -> Uuid,
        effective_on -> Date,
        recorded_at -> Timestamptz,
    }
}

diesel::table! {
    journey_count (tenant_id, week, service, what, key) {
        tenant_id -> Uuid,
        week -> Date,
        service -> Text,
        what -> Text,
        key -> Text,
        n -> Int8,
    }
}

diesel::table! {
    line_dispute (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        provider_id -> Uuid,
        party_id -> Uuid,
        document_id -> Uuid,
        line -> Int4,
        amount_pence -> Int8,
        reason -> Text,
        doubted -> Jsonb,
        is_private -> Bool,
        by_name -> Text,
        at -> Timestamptz,
    }
}

diesel::table! {
    message (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        case_id -> Nullable<Uuid>,
        recipient -> Text,
        subject -> Text,
        body -> Text,
        language -> Text,
        created_at -> Timestamptz,
        sent_at -> Nullable<Timestamptz>,
        refused_at -> Nullable<Timestamptz>,
        refusal -> Nullable<Text>,
    }
}

diesel::table! {
    missed_search (tenant_id, words) {
        tenant_id -> Uuid,
        words -> Text,
        times -> Int8,
        last_on -> Date,
    }
}

diesel::table! {
    number_series (tenant_id, series, financial_year) {
        tenant_id -> Uuid,
        series -> Text,
        financial_year -> Int4,
        last -> Int4,
    }
}

diesel::table! {
    outbox (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        topic -> Text,
        payload -> Jsonb,
        created_at -> Timestamptz,
        not_before -> Timestamptz,
        attempts -> Int4,
        locked_until -> Nullable<Timestamptz>,
        dead_at -> Nullable<Timestamptz>,
        last_error -> Nullable<Text>,
    }
}

diesel::table! {
    outturn (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        provider_id -> Uuid,
        party_id -> Uuid,
        agreement_id -> Uuid,
        year -> Int4,
        seq -> Int4,
        costs -> Jsonb,
        used -> Jsonb,
        total_pence -> Int8,
        because -> Text,
        by_name -> Text,
        at -> Timestamptz,
    }
}

diesel::table! {
    own_note (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        case_id -> Uuid,
        by_name -> Text,
        body -> Text,
        at -> Timestamptz,
    }
}

diesel::table! {
    parked_run (tenant_id, agreement_id, period_start) {
        tenant_id -> Uuid,
        agreement_id -> Uuid,
        period_start -> Date,
        reason -> Text,
        by_name -> Text,
        at -> Timestamptz,
    }
}

diesel::table! {
    posting (tenant_id, entry_id, n) {
        tenant_id -> Uuid,
        entry_id -> Uuid,
        n -> Int4,
        account -> Text,
        amount_pence -> Int8,
    }
}

diesel::table! {
    remittance (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        provider_id -> Uuid,
        party_id -> Uuid,
        amount_pence -> Int8,
        paid_on -> Date,
        reference -> Text,
        by_name -> Text,
        at -> Timestamptz,
    }
}

diesel::table! {
    remittance_entry (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        remittance_id -> Uuid,
        provider_id -> Uuid,
        party_id -> Uuid,
        kind -> Text,
        reason -> Text,
        by_name -> Text,
        at -> Timestamptz,
    }
}

diesel::table! {
    review_entry (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        run_id -> Uuid,
        provider_id -> Uuid,
        party_id -> Uuid,
        kind -> Text,
        body -> Text,
        prepared_at -> Timestamptz,
        by_name -> Text,
        at -> Timestamptz,
    }
}

diesel::table! {
    saved_draft (tenant_id, draft_id) {
        tenant_id -> Uuid,
        draft_id -> Uuid,
        code_hash -> Bytea,
        sealed -> Bytea,
        to_warn -> Bool,
    }
}

diesel::table! {
    service_draft (tenant_id, slug) {
        tenant_id -> Uuid,
        slug -> Text,
        definition -> Jsonb,
        changed_at -> Timestamptz,
    }
}

diesel::table! {
    service_version (tenant_id, slug, version) {
        tenant_id -> Uuid,
        slug -> Text,
        version -> Int4,
        definition -> Jsonb,
        published_at -> Timestamptz,
        published_by -> Text,
        retired_at -> Nullable<Timestamptz>,
        in_force_from -> Date,
    }
}

diesel::table! {
    signature (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        agreement_id -> Uuid,
        provider_id -> Uuid,
        party_id -> Uuid,
        kind -> Text,
        name -> Text,
        office -> Text,
        signed_on -> Date,
        document -> Nullable<Text>,
        content_hash -> Text,
        recorded_at -> Timestamptz,
    }
}

diesel::table! {
    staff (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        email -> Text,
        name -> Text,
        password_hash -> Nullable<Text>,
        totp_sealed -> Nullable<Bytea>,
        totp_last_step -> Int8,
        roles -> Jsonb,
        sign_limit_pence -> Int8,
        active -> Bool,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    staff_invite (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        staff_id -> Uuid,
        token_hash -> Bytea,
        totp_sealed -> Bytea,
        expires_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    staff_session (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        staff_id -> Uuid,
        started_at -> Timestamptz,
        expires_at -> Timestamptz,
        revoked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    tariff_version (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        provider_id -> Uuid,
        agreement_id -> Uuid,
        author_id -> Uuid,
        shared_at -> Nullable<Timestamptz>,
        version -> Int4,
        effective_from -> Date,
        effective_until -> Date,
        prices -> Jsonb,
        content_hash -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    task_move (tenant_id, week, service) {
        tenant_id -> Uuid,
        week -> Date,
        service -> Text,
        place -> Int4,
        recent -> Int8,
        season -> Int8,
        passed -> Text,
        passed_recent -> Int8,
        passed_season -> Int8,
    }
}

diesel::table! {
    task_place (tenant_id, service) {
        tenant_id -> Uuid,
        service -> Text,
        place -> Int4,
        pinned -> Bool,
        hidden -> Bool,
        ordered_in -> Nullable<Date>,
    }
}

diesel::table! {
    usage_cursor (tenant_id, agreement_id) {
        tenant_id -> Uuid,
        agreement_id -> Uuid,
        provider_id -> Uuid,
        last_batch -> Int8,
        closed_batch -> Int8,
    }
}

diesel::table! {
    usage_day (tenant_id, agreement_id, billing_date, service, meter, batch) {
        tenant_id -> Uuid,
        agreement_id -> Uuid,
        provider_id -> Uuid,
        billing_date -> Date,
        service -> Text,
        meter -> Text,
        batch -> Int8,
        quantity -> Int8,
        value_pence -> Int8,
        events -> Int8,
        digest -> Bytea,
    }
}

diesel::table! {
    usage_event (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        provider_id -> Uuid,
        agreement_id -> Uuid,
        service -> Text,
        meter -> Text,
        source_id -> Uuid,
        subject_id -> Uuid,
        reference -> Text,
        quantity -> Int8,
        value_pence -> Int8,
        reversed_when -> Jsonb,
        occurred_at -> Timestamptz,
        billing_date -> Date,
        recorded_at -> Timestamptz,
        reversal_of -> Nullable<Uuid>,
        reason -> Nullable<Text>,
        is_private -> Bool,
    }
}

diesel::table! {
    usage_fold (tenant_id, event_id) {
        tenant_id -> Uuid,
        event_id -> Uuid,
        agreement_id -> Uuid,
        provider_id -> Uuid,
        batch -> Int8,
    }
}

diesel::table! {
    usage_intake (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        provider_id -> Uuid,
        party_id -> Uuid,
        source -> Text,
        source_ref -> Text,
        payload -> Jsonb,
        agreement_id -> Nullable<Uuid>,
        received_at -> Timestamptz,
    }
}

diesel::table! {
    usage_item (tenant_id, agreement_id, billing_date, service, meter, batch, value_pence) {
        tenant_id -> Uuid,
        agreement_id -> Uuid,
        provider_id -> Uuid,
        billing_date -> Date,
        service -> Text,
        meter -> Text,
        batch -> Int8,
        value_pence -> Int8,
        items -> Int8,
    }
}

diesel::table! {
    usage_pending (tenant_id, event_id) {
        tenant_id -> Uuid,
        event_id -> Uuid,
        provider_id -> Uuid,
        agreement_id -> Uuid,
        service -> Text,
        meter -> Text,
        quantity -> Int8,
        value_pence -> Int8,
        billing_date -> Date,
    }
}

diesel::table! {
    variation_draft (tenant_id, consumer_id, reference) {
        tenant_id -> Uuid,
        consumer_id -> Uuid,
        reference -> Text,
        content -> Jsonb,
        changed_at -> Timestamptz,
        changed_by -> Text,
    }
}

diesel::table! {
    work_tally (day, what) {
        day -> Date,
        what -> Text,
        n -> Int8,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    account_code,
    address,
    agreement,
    agreement_notice,
    agreement_service,
    allocation,
    answer_sheet,
    api_key,
    applied_part,
    audit_entry,
    authority,
    authority_host,
    bank_account,
    bill_run,
    book_period,
    budget,
    budget_alert,
    budget_threshold,
    case_conflict,
    case_event,
    case_file,
    case_time,
    cases,
    citizen_login,
    citizen_session,
    council_postcode,
    dispute_entry,
    document,
    document_line,
    draft,
    draft_upload,
    erased_case,
    installation,
    job,
    journal_entry,
    journey_count,
    line_dispute,
    message,
    missed_search,
    number_series,
    outbox,
    outturn,
    own_note,
    parked_run,
    posting,
    remittance,
    remittance_entry,
    review_entry,
    saved_draft,
    service_draft,
    service_version,
    signature,
    staff,
    staff_invite,
    staff_session,
    tariff_version,
    task_move,
    task_place,
    usage_cursor,
    usage_day,
    usage_event,
    usage_fold,
    usage_intake,
    usage_item,
    usage_pending,
    variation_draft,
    work_tally,
);
