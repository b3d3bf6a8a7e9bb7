"""Holds the Stripe simulator (infra/local/stripe) to Stripe's own OpenAPI description.

  parameters [--check]               writes wire/parameters.txt, or fails when the file is not what the description gives
  responses EXCHANGES.jsonl          holds recorded answers of the simulator to the description's schemas
  refusals SIMULATOR_URL MOCK_URL    what stripe-mock refuses for its shape, the simulator refuses too

The description is the one inside stripe-mock, which Stripe publishes under the MIT licence; Go's module proxy hands it
out. It is of API version 2026-08-26.dahlia. The simulator speaks 2026-09-30.endive: stripe_openapi/overlay.py holds
what that one takes more, as async-stripe's generated requests of that version have it, and
infra/local/stripe/DIFFERENCES.md says where answers and refusals differ, and why.
"""

import argparse
import pathlib
import sys

# Next to the sources, Python's cache is only in the way.
sys.dont_write_bytecode = True

from stripe_openapi import differences, refusals, responses, table


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("parameters")
    command.add_argument("--check", action="store_true")
    command.set_defaults(run=table.run)
    command = commands.add_parser("responses")
    command.add_argument("exchanges", type=pathlib.Path)
    command.add_argument("--table", type=pathlib.Path, default=differences.FILE)
    command.set_defaults(run=responses.run)
    command = commands.add_parser("refusals")
    command.add_argument("simulator")
    command.add_argument("mock")
    command.add_argument("--table", type=pathlib.Path, default=differences.FILE)
    command.set_defaults(run=refusals.run)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
