pub(super) mod rules;
mod walk;
