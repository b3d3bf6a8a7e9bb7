//! Form encoding as Stripe reads it: `a[b][0][c]=v`, in bodies and query strings.
