"""What API version 2026-09-30.endive takes more than the description's 2026-08-26.dahlia."""

# What the description lacks, in the table's own language: a heading `METHOD path`, or `METHOD path: where` with `where`
# as in `items.price_data`, and below it the parameters. A parameter that the description has too is replaced.
# Parameters that endive takes away (such as `payment_method_types` of PaymentIntents) stay: callers of dahlia, among
# them the Stripe CLI, still send them.
OVERLAY = """
# endive: a subscription can be paused, and its anchor is an object. The word alone is what callers of dahlia send.
POST /v1/subscriptions/{subscription}/pause
  bill_for: object
    outstanding_usage_through: object
      type!: {none now}
    unused_time_from: object
      type!: {item_current_period_start none now}
  invoicing_behavior: {invoice pending_invoice_item}
  type: {subscription}
POST /v1/subscriptions/{subscription}/resume
  billing_cycle_anchor: object | {now unchanged}
    type!: {now unchanged}
  payment_behavior: {resume_on_payment_attempt resume_on_payment_success}
POST /v1/subscriptions/{subscription_exposed_id}
  billing_cycle_anchor: object | {now unchanged}
    type!: {now unchanged}
# Not new, and not in the description: an empty string takes the subscription's own payment method away, as Stripe's
# support tells those who ask how the customer's comes into force again.
POST /v1/subscriptions/{subscription_exposed_id}
  default_payment_method: string | unset
POST /v1/invoices/create_preview: subscription_details
  billing_cycle_anchor: object | {now unchanged} | timestamp
    timestamp: timestamp
    type!: {now timestamp unchanged}
  pause: object
    bill_for: object
      outstanding_usage_through: object
        type!: {none now}
      unused_time_from: object
        type!: {item_current_period_start none now}
    invoicing_behavior: {invoice pending_invoice_item}
    type: {subscription}
POST /v1/subscriptions: trial_settings.end_behavior
  billing_cycle_anchor: {now unchanged}
POST /v1/subscriptions/{subscription_exposed_id}: trial_settings.end_behavior
  billing_cycle_anchor: {now unchanged}

# endive: schedules can hold pauses; the simulator does not look at them.
POST /v1/subscription_schedules
  pause_schedules: any
POST /v1/subscription_schedules/{schedule}
  pause_schedules: any

# endive: items can begin with the trial of an offer. A plan in the place of a price is older than the description and
# still taken.
POST /v1/subscriptions: items
  current_trial: object
    trial_offer!: text
  plan: string
POST /v1/subscriptions/{subscription_exposed_id}: items
  current_trial: object
    trial_offer!: text
  plan: string
POST /v1/subscription_items
  current_trial: object
    trial_offer!: text
  plan: string
POST /v1/subscription_items/{item}
  current_trial: object
    trial_offer!: text
  plan: string
POST /v1/invoices/create_preview: subscription_details.items
  current_trial: object
    trial_offer!: text
  plan: string
POST /v1/invoices/create_preview: schedule_details.phases
  currency: currency
POST /v1/invoices/create_preview: schedule_details.phases.items
  plan: string
POST /v1/subscription_schedules: phases.items
  plan: string
POST /v1/subscription_schedules/{schedule}: phases
  currency: currency
POST /v1/subscription_schedules/{schedule}: phases.items
  plan: string
GET /v1/subscriptions
  plan: string

# endive: tax codes of performances.
POST /v1/products
  tax_details: object
    performance_location: text
    tax_code: text
  type: {good service}
POST /v1/products/{id}
  tax_details: object
    performance_location: text
    tax_code: text
GET /v1/products
  type: {good service}
POST /v1/prices: product_data
  tax_details: object
    performance_location: text
    tax_code: text
POST /v1/prices: recurring
  trial_period_days: integer
POST /v1/checkout/sessions: line_items.price_data.product_data
  tax_details: object
    performance_location: text
    tax_code: text
POST /v1/invoices/{invoice}/add_lines: lines.price_data.product_data
  tax_details: object
    performance_location: text
    tax_code: text

# endive: which payment methods are offered is a filter, not a list.
POST /v1/checkout/sessions
  allowed_payment_method_types: [text]
POST /v1/customers
  validate: boolean
POST /v1/customers/{customer}
  name: string(256) | unset
  validate: boolean
POST /v1/customers/{customer}/sources
  validate: boolean
POST /v1/payment_intents: payment_method_options.card
  moto: boolean
POST /v1/payment_intents/{intent}: payment_method_options.card
  moto: boolean
POST /v1/payment_intents/{intent}/confirm: payment_method_options.card
  moto: boolean

# endive: an outcome more.
POST /v1/payment_records/report_payment
  canceled: object
    canceled_at!: timestamp
  outcome: {canceled failed guaranteed}

# Not public: what the Stripe CLI sends to complete a Checkout Session without a browser.
GET /v1/payment_pages/{session}
  key: string
POST /v1/payment_pages/{session}/confirm
  expected_amount: integer
  key: string
  payment_method: string
"""

# Values that endive adds to choices of the description, by the name of the parameter.
VALUES = {
    "api_version": ["2026-09-30.endive", "2026-10-28.endive"],
    "enabled_events[]": ["apps.install.created", "apps.install.deleted", "apps.install.updated"],
    "tax_type": ["digital_excise_tax", "utility_users_tax"],
    "ui_mode": ["form"],
}
