"""Prints, as sorted JSON, what SAM itself makes of template.yaml: routes, functions, mappings, schedules, queues.

Local mode prints the same of its own reading at /_local/wiring; .ci/run compares the two, so that local mode cannot
drift from what is deployed.
"""

import json
import sys

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse


def logical_name(value):
    """The resource that a Ref or a GetAtt names."""
    if "Ref" in value:
        return value["Ref"]
    return value["Fn::GetAtt"][0]


def texts(value):
    """A list, which a parameter gives as one text with commas."""
    return value.split(",") if isinstance(value, str) else value


def invoked(integration):
    """The function in an integration's URI, `...${Name.Arn}/invocations`."""
    return integration["uri"]["Fn::Sub"].split("${")[-1].split(".Arn}")[0]


def wiring(template):
    # SAM wants to know where the built code is; nothing of the wiring depends on it.
    template["Globals"]["Function"]["CodeUri"] = "s3://bucket/key"
    resources = Translator({}, Parser()).translate(template, {})["Resources"]
    routes, cors, functions, mappings, streams, schedules, queues = {}, {}, {}, [], [], {}, {}
    for name, resource in resources.items():
        kind, properties = resource["Type"], resource.get("Properties", {})
        if kind == "AWS::ApiGatewayV2::Api":
            allowed = properties["Body"]["x-amazon-apigateway-cors"]
            cors = {
                "origins": texts(allowed["allowOrigins"]),
                "methods": allowed["allowMethods"],
                "headers": allowed["allowHeaders"],
                "exposed": allowed["exposeHeaders"],
                "max_age": allowed["maxAge"],
            }
            for path, methods in properties["Body"]["paths"].items():
                for method, operation in methods.items():
                    # SAM's own, which answers a browser's question.
                    if method == "options":
                        continue
                    integration = operation["x-amazon-apigateway-integration"]
                    # The route of all that no other one takes has neither method nor path.
                    key = "$default" if path.lstrip("/") == "$default" else f"{method.upper()} {path}"
                    routes[key] = invoked(integration)
        elif kind == "AWS::Lambda::Function":
            variables = properties["Environment"]["Variables"]
            functions[name] = {"timeout": properties["Timeout"], "environment": sorted(variables)}
        elif kind == "AWS::Lambda::EventSourceMapping" and "StartingPosition" in properties:
            # Only streams of tables have a place to begin at.
            patterns = properties["FilterCriteria"]["Filters"]
            streams.append({
                "function": logical_name(properties["FunctionName"]),
                "batch_size": properties["BatchSize"],
                "reports_failures": "ReportBatchItemFailures" in properties["FunctionResponseTypes"],
                "filters": [json.loads(one["Pattern"]) for one in patterns],
            })
        elif kind == "AWS::Lambda::EventSourceMapping":
            mappings.append({
                "queue": logical_name(properties["EventSourceArn"]),
                "function": logical_name(properties["FunctionName"]),
                "batch_size": properties["BatchSize"],
                "maximum_concurrency": properties["ScalingConfig"]["MaximumConcurrency"],
                "reports_failures": "ReportBatchItemFailures" in properties["FunctionResponseTypes"],
            })
        elif kind == "AWS::Scheduler::Schedule":
            # Whoever sets one of these must teach local mode what it means.
            assert properties["FlexibleTimeWindow"] == {"Mode": "OFF"} and properties.get("State", "ENABLED") == "ENABLED"
            assert "ScheduleExpressionTimezone" not in properties and "Name" not in properties
            schedules[name] = {
                "function": logical_name(properties["Target"]["Arn"]),
                "expression": properties["ScheduleExpression"],
                "input": properties["Target"].get("Input", "{}"),
            }
        elif kind == "AWS::SQS::Queue":
            redrive = properties.get("RedrivePolicy")
            queues[name] = {
                "visibility_timeout": properties.get("VisibilityTimeout", 30),
                "dead_letters": redrive and logical_name(redrive["deadLetterTargetArn"]),
                "max_receive_count": redrive and redrive["maxReceiveCount"],
            }
    return {
        "routes": routes,
        "cors": cors,
        "functions": functions,
        "mappings": mappings,
        "streams": streams,
        "schedules": schedules,
        "queues": queues,
    }


with open(sys.argv[1], encoding="utf-8") as text:
    print(json.dumps(wiring(yaml_parse(text)), sort_keys=True, indent=2))
