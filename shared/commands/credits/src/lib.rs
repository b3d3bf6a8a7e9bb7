//! Use cases of prepaid credits: deduct, reserve, settle, buy, adjust, auto-recharge settings. Input value in, outcome value out, no HTTP.
