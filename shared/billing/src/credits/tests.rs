mod rules;
mod walk;
