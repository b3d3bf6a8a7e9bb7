//! Codes of problems as a user meets them: the case, and the way out. One page below `/problems/`
//! shows each.

use crate::guide::{Guide, guide};

pub(crate) mod endpoints;
pub(crate) mod families;
pub(crate) mod people;
pub(crate) mod staff;

/// Guide to each code, in order of the codes.
pub(crate) const GUIDES: &[(&str, Guide)] = &[
    guide(
        "account_canceled",
        "The account was closed, so it can no longer be changed.",
        "Open a new account, or ask the vendor to reopen this one.",
    ),
    guide(
        "account_disabled",
        "The account is disabled, because an invoice has been overdue for too long.",
        "Pay the overdue invoices: `GET /v1/accounts/{id}/access` names them. The account works again once the payment arrives.",
    ),
    guide(
        "account_exists",
        "Another account has this id.",
        "Choose another id, or leave it out and one is made. To repeat an interrupted request, send the same body again.",
    ),
    guide(
        "account_incomplete",
        "The account was not opened to the end: it has no customer at Stripe yet.",
        "Send the request that opened the account once more. It goes on where it stopped.",
    ),
    guide(
        "account_terminated",
        "The account was terminated.",
        "Ask the vendor. A terminated account cannot be changed.",
    ),
    guide(
        "advice_decided",
        "The advice of a transfer was decided or withdrawn before.",
        "Look at what became of it: the problem says when, and by which request.",
    ),
    guide(
        "advice_not_approved",
        "No money came for this advice of a transfer: the bank cannot have taken any back.",
        "Look at the advice's status. Only one that is `approved` or `partially_approved` can be returned.",
    ),
    guide(
        "authentication_required",
        "The bank wants the card holder to confirm the payment.",
        "Open `next_action_url`, confirm there, and the payment goes through. Without such an address, pay again with the card holder present.",
    ),
    guide(
        "batch_id_reused",
        "A batch of usage with this `batch_id` was counted before, with other events.",
        "Send new events under a new `batch_id`. A repeated batch must have the same bytes.",
    ),
    guide(
        "body_too_large",
        "The body of the request is longer than this route takes.",
        "Send less at once: split a batch, or shorten long texts.",
    ),
    guide(
        "body_unreadable",
        "The body of the request is not JSON, or it is empty.",
        "Send one JSON object with `Content-Type: application/json`. `detail` says from where on it cannot be read.",
    ),
    guide(
        "cancellation_blocked",
        "The subscription cannot be cancelled yet.",
        "`reasons` lists every condition that is not met, each with what clears it. `DELETE .../subscription?dry_run=true` tells them without cancelling.",
    ),
    guide(
        "card_declined",
        "The bank declined the payment. Nothing was charged.",
        "Use another card, or ask the bank. Banks do not tell us their reason.",
    ),
    guide(
        "card_not_supported",
        "The card does not support this kind of payment. Nothing was charged.",
        "Use another card.",
    ),
    guide(
        "change_booked",
        "Another change is booked for the end of the period.",
        "Undo it by `POST .../subscription/resume`, then send this request again.",
    ),
    guide(
        "change_in_progress",
        "Another change of this account is in progress. Nothing was done.",
        "Send the same request again after the seconds in `Retry-After`.",
    ),
    guide(
        "currency_not_supported",
        "The card cannot be charged in this currency. Nothing was charged.",
        "Use another card.",
    ),
    guide(
        "cursor_invalid",
        "The cursor is not one of this list, or is older than a day.",
        "Begin the list anew without `cursor`, and pass each `next_cursor` on unchanged, with the same filters.",
    ),
    guide(
        "customer_already_linked",
        "The customer at Stripe belongs to another account.",
        "Use that account, or link another customer.",
    ),
    guide(
        "customer_deleted",
        "The account's customer was deleted at Stripe, so nothing can be billed.",
        "Ask the vendor: the account needs a customer again.",
    ),
    guide(
        "expired_card",
        "The card has expired. Nothing was charged.",
        "Use another card, or correct the date of this one.",
    ),
    guide(
        "forbidden",
        "The key is good, but its role may not do this.",
        "Use a key with a role that may: `GET /v1/key` shows the role of yours. An administrator of the account can make keys.",
    ),
    guide(
        "idempotency_in_progress",
        "A request with the same `Idempotency-Key` is still at work.",
        "Send the same request again after the seconds in `Retry-After`: you get its answer.",
    ),
    guide(
        "idempotency_key_invalid",
        "The `Idempotency-Key` is empty, too long, or has other characters than printable ASCII.",
        "Send 1 to 255 printable ASCII characters, such as a UUID.",
    ),
    guide(
        "idempotency_key_missing",
        "This route does nothing without an `Idempotency-Key`.",
        "Send the header with a new value for each new request, and the same value when you repeat one.",
    ),
    guide(
        "idempotency_key_reused",
        "The `Idempotency-Key` was used before, with another path or body.",
        "Use a new key for a new request. Repeat an old request with exactly the same body.",
    ),
    guide(
        "incorrect_cvc",
        "The security code of the card is wrong. Nothing was charged.",
        "Enter the card anew, or use another one.",
    ),
    guide(
        "incorrect_number",
        "The number of the card is wrong. Nothing was charged.",
        "Enter the card anew, or use another one.",
    ),
    guide(
        "insufficient_credits",
        "The tokens that are included and the credits together do not cover the request. Nothing was taken.",
        "Buy a pack, turn on auto-recharge, or wait for the next month. `reasons` says which of them helps.",
    ),
    guide(
        "insufficient_funds",
        "There is not enough money behind the card. Nothing was charged.",
        "Use another card, or pay again later.",
    ),
    guide(
        "internal_error",
        "Something is wrong on our side. Trying again does not help.",
        "Give the `request_id` to the vendor's operators. They are alerted.",
    ),
    guide(
        "invalid_account",
        "The account behind the card does not exist or is closed. Nothing was charged.",
        "Use another card, or ask the bank.",
    ),
    guide(
        "invalid_input",
        "Fields of the request are missing, unknown, of another type, or out of range.",
        "`fields` names every one of them with what is expected. Correct all of them and send the request again.",
    ),
    guide("invalid_reason", "The reason is too long.", "Shorten `reason` as `fields` says."),
    guide(
        "invalid_spending_limit",
        "The spending limit is too high, or in another currency than credits.",
        "Choose a limit as `fields` says.",
    ),
    guide(
        "invalid_threshold",
        "The threshold of auto-recharge is negative or too large.",
        "Choose a number of tokens as `fields` says.",
    ),
    guide(
        "invalid_tokens",
        "The number of tokens is out of range.",
        "Send a whole number as `fields` says.",
    ),
    guide(
        "invalid_ttl",
        "A reservation cannot be held for so long, or for so short a time.",
        "Choose `ttl_seconds` as `fields` says.",
    ),
    guide(
        "invoice_not_payable",
        "Nothing can be paid of the invoice: `reasons` say what became of it.",
        "Nothing, unless a reason says otherwise.",
    ),
    guide(
        "mail_superseded",
        "Nobody was mailed of this: it no longer held, or something graver was mailed instead.",
        "Nothing: there is no mail to send again.",
    ),
    guide(
        "manual_collection_refused",
        "Invoices cannot be sent to this account: its plan is charged automatically.",
        "Set a plan that staff sell, or confirm that the account pays upfront.",
    ),
    guide(
        "method_not_allowed",
        "The path is right, but it does not take this method.",
        "Use a method that the header `Allow` names.",
    ),
    guide(
        "more_than_reserved",
        "The reservation holds fewer tokens than the job took.",
        "Settle it at what it holds, and take the rest by a deduction.",
    ),
    guide(
        "no_price",
        "The plan has no price for this interval.",
        "Choose another interval, or set `prices`.",
    ),
    guide(
        "no_subscription",
        "The account has no subscription that this could apply to.",
        "Choose a plan first, by `PUT .../subscription`.",
    ),
    guide(
        "not_durable",
        "An event of Stripe could not be kept.",
        "Nothing: Stripe sends it again by itself.",
    ),
    guide(
        "not_found",
        "There is no such thing, or it belongs to another account.",
        "Check the path and its ids. An id of another account is answered in the same way.",
    ),
    guide(
        "not_verifiable",
        "Signatures of events cannot be checked at the moment.",
        "Operators: check the webhook secret. Stripe sends its events again by itself.",
    ),
    guide(
        "payment_advice_pending",
        "A transfer for the invoice was reported, and is waited for.",
        "Wait for the transfer, or send the request again with `confirm: true`: it withdraws its advice.",
    ),
    guide(
        "payment_in_progress",
        "Another payment of the invoice is being made, or is on its way.",
        "Read the invoice; send the request again after `Retry-After`, where there is one.",
    ),
    guide(
        "payment_method_required",
        "There is no payment method on file that works. Nothing was charged.",
        "Add one in the billing portal, then send the request again.",
    ),
    guide(
        "precondition_failed",
        "What the request changes has changed since it was read, or is not there.",
        "Read it again, decide again, and send the request with the new `ETag`.",
    ),
    guide(
        "prepayment_used_up",
        "Nothing of the prepayment is left, or it is still on its way to the balance.",
        "Choose a prepayment of which something is left.",
    ),
    guide(
        "preview_stale",
        "The cost has changed since the preview.",
        "The answer has a new preview. Confirm it by its `preview_id`.",
    ),
    guide(
        "price_change_in_force",
        "The price change is in force, so it cannot be withdrawn.",
        "Announce another change.",
    ),
    guide(
        "processing_error",
        "The bank could not process the payment. Nothing was charged.",
        "Pay again in a few minutes, or use another card.",
    ),
    guide(
        "rate_limited",
        "The same was tried too often.",
        "Send the request again after `Retry-After`.",
    ),
    guide(
        "reference_used",
        "Another transfer of the account has this reference.",
        "Give the reference of this transfer, or withdraw the advice that has it.",
    ),
    guide(
        "refused_by_stripe",
        "Stripe refuses the request.",
        "Read `detail`. If it names a field, correct that; otherwise ask the vendor and give the `request_id`.",
    ),
    guide(
        "request_overtaken",
        "The request was interrupted, and the account has changed since. It may or may not have taken effect.",
        "Look at the account, and send what is still wanted with a new `Idempotency-Key`.",
    ),
    guide(
        "reservation_expired",
        "The reservation's time is over: it holds nothing any more.",
        "Take the tokens by a deduction.",
    ),
    guide(
        "reservation_released",
        "The reservation was released: it holds nothing any more.",
        "Reserve anew, or take the tokens by a deduction.",
    ),
    guide(
        "reservation_settled",
        "The reservation was settled before, at another number of tokens.",
        "Nothing, if that number is right. Otherwise take the rest by a deduction.",
    ),
    guide(
        "secret_already_shown",
        "This request made its key or secret before, and it was shown then.",
        "A secret is shown once. If it is lost, revoke the key and make a new one, or rotate the secret.",
    ),
    guide(
        "signature_malformed",
        "The header `Stripe-Signature` cannot be read.",
        "Send the header as Stripe writes it, once.",
    ),
    guide(
        "signature_mismatch",
        "The signature does not fit the body and the secret.",
        "Compare the endpoint's secret at Stripe with the deployment's, and pass the body on byte by byte.",
    ),
    guide(
        "signature_missing",
        "The header `Stripe-Signature` is missing.",
        "Only Stripe posts here. A proxy in between must pass the header on.",
    ),
    guide(
        "spending_limit_below_price",
        "The limit is lower than the price of the pack: auto-recharge could never buy.",
        "Raise the limit, or choose a smaller pack.",
    ),
    guide(
        "stripe_unavailable",
        "Stripe does not answer at the moment. Nothing was lost.",
        "Send the same request again, with the same `Idempotency-Key`, after the seconds in `Retry-After`.",
    ),
    guide(
        "subscription_ends",
        "The subscription is cancelled and ends with its period.",
        "Undo the cancellation by `POST .../subscription/resume`, then send this request again.",
    ),
    guide(
        "subscription_paused",
        "The subscription is paused at Stripe.",
        "Ask the vendor to resume it there.",
    ),
    guide(
        "temporarily_unavailable",
        "The request could not be finished just now. Nothing was half-done.",
        "Send the same request again after the seconds in `Retry-After`.",
    ),
    guide(
        "timestamp_outside_tolerance",
        "The event was signed more than five minutes ago, or in the future.",
        "Check the clock of whatever passes events on. Stripe signs a repeated delivery anew.",
    ),
    guide(
        "too_many_blockers",
        "The account has as many cancellation blockers as it can have.",
        "Clear one that no longer holds.",
    ),
    guide(
        "too_many_keys",
        "The account has as many API keys as it can have.",
        "Revoke one that is not used: the list says when each was used last.",
    ),
    guide(
        "too_many_transfers",
        "The account has as many advices and receipts as it may have.",
        "Ask the vendor's support.",
    ),
    guide(
        "try_again_later",
        "The bank asks to try again later. Nothing was charged.",
        "Pay again later, or use another card.",
    ),
    guide(
        "unauthorized",
        "The request has no API key, or one that is not known: it may have been revoked.",
        "Send `Authorization: Bearer <key>` with a key that an administrator made for you.",
    ),
    guide("unknown_pack", "There is no such credit pack.", "Choose one of `GET /v1/credit-packs`."),
];
