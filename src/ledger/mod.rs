//! Accounts, journals, postings, number series: knows no tariffs and no forms.
