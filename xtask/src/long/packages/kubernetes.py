"""Checks what Kustomize makes of docs/deploy/kubernetes: each object by the schemas of Kubernetes, and that the
objects fit each other and the server.

    kubernetes.py RENDERED CONTAINERFILE SERVER
"""

import os
import subprocess
import sys
import tempfile

import kubernetes_validate
import yaml

# A release that clusters still have, and the newest one that has schemas.
VERSIONS = ["1.33", kubernetes_validate.latest_version()]
DRAIN = "ATS_PAT_DRAIN_SECONDS"
# What a server needs from the start of its end, besides drain-seconds.
GRACE = 30


class Faults(list):
    def unless(self, is_so, fault):
        if not is_so:
            self.append(fault)


def by_kind(objects, kind):
    return [one for one in objects if one["kind"] == kind]


def schemas(objects, faults):
    for one in objects:
        for version in VERSIONS:
            try:
                kubernetes_validate.validate(one, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                name = f"{one['kind']} {one['metadata']['name']}"
                faults.append(f"{name} is wrong in Kubernetes {version}: {error.message}")


def environment(container, objects, faults):
    """The variables of the container, without those whose value is not in the objects."""
    variables = {}
    maps = {one["metadata"]["name"]: one["data"] for one in by_kind(objects, "ConfigMap")}
    for source in container["envFrom"]:
        name = source["configMapRef"]["name"]
        faults.unless(name in maps, f"there is no ConfigMap {name}")
        variables |= maps.get(name, {})
    for one in container["env"]:
        variables[one["name"]] = one["value"]
    return variables


def of_image(containerfile):
    """The variables that the image sets."""
    text = open(containerfile).read().replace("\\\n", " ")
    lines = [line.split()[1:] for line in text.splitlines() if line.startswith("ENV ")]
    return dict(word.split("=", 1) for words in lines for word in words)


def starts_with(server, variables, mounts, faults):
    """Whether the server takes these variables. Files that Kubernetes mounts get a stand-in."""
    with tempfile.TemporaryDirectory() as folder:
        used = dict(variables)
        for name, value in variables.items():
            if not name.endswith("_FILE"):
                continue
            at = [path for path in mounts if value.startswith(path + "/")]
            faults.unless(at, f"{name} names {value}, where nothing is mounted")
            used[name] = os.path.join(folder, os.path.basename(value))
            with open(used[name], "w") as file:
                file.write("postgres://ats-pat@database/ats-pat")
        run = subprocess.run([server, "config", "check"], env=used, capture_output=True, text=True)
        faults.unless(run.returncode == 0, f"the server refuses its settings: {run.stderr.strip()}")


def sandbox(pod, faults):
    """The only container of the pod, which must have no right that it does not need."""
    (container,) = pod["containers"]
    faults.unless(pod.get("enableServiceLinks") is False, "enableServiceLinks is not false")
    faults.unless(pod.get("automountServiceAccountToken") is False, "the pod gets a token of the cluster")
    security = container["securityContext"]
    faults.unless(pod["securityContext"].get("runAsNonRoot"), "the pod may run as root")
    faults.unless(security.get("readOnlyRootFilesystem"), "the root is not read-only")
    faults.unless(security.get("allowPrivilegeEscalation") is False, "privileges can grow")
    faults.unless(security["capabilities"]["drop"] == ["ALL"], "capabilities are left")
    return container


def jobs(stateful_set, objects, image, server, faults):
    servers = stateful_set["spec"]["template"]
    for job in by_kind(objects, "CronJob"):
        name, spec = job["metadata"]["name"], job["spec"]
        template = spec["jobTemplate"]["spec"]["template"]
        pod = template["spec"]
        container = sandbox(pod, faults)
        faults.unless(spec["concurrencyPolicy"] == "Forbid", f"{name} may run twice at once")
        selector = stateful_set["spec"]["selector"]["matchLabels"]
        faults.unless(not selector.items() <= template["metadata"]["labels"].items(), f"{name} looks like a server")
        (of_servers,) = servers["spec"]["containers"]
        faults.unless(container["image"] == of_servers["image"], f"{name} has another image than the servers")
        variables = image | environment(container, objects, faults)
        mounts = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
        claimed = {
            volume["name"]: volume["persistentVolumeClaim"]["claimName"]
            for volume in pod["volumes"]
            if "persistentVolumeClaim" in volume
        }
        claims = {claim["metadata"]["name"] for claim in by_kind(objects, "PersistentVolumeClaim")}
        archive = claimed.get(mounts.get(variables["ATS_PAT_DATA_DIR"]))
        faults.unless(archive in claims, f"{name} keeps its data folder in no volume of its own")
        for volume in mounts.values():
            faults.unless(volume in {one["name"] for one in pod["volumes"]}, f"there is no volume {volume}")
        taken = {key: value for key, value in variables.items() if key.startswith("ATS_PAT_")}
        starts_with(server, taken, mounts, faults)
        program = os.path.join(os.path.dirname(server), os.path.basename(container["command"][0]))
        arguments = [variables[one[2:-1]] if one.startswith("$(") else one for one in container["args"]]
        with tempfile.TemporaryDirectory() as folder:
            run = subprocess.run([program, *arguments], env={"ATS_PAT_DATA_DIR": folder}, capture_output=True, text=True)
        # There is no database. Exit code 2 is for a wrong command.
        faults.unless(run.returncode == 1, f"{name} has a wrong command: {run.stderr.strip()}")
        faults.unless(archive is None or arguments[2] == variables["ATS_PAT_DATA_DIR"], f"{name} archives elsewhere")


def pods(stateful_set, objects, image, server, faults):
    spec = stateful_set["spec"]
    pod = spec["template"]["spec"]
    container = sandbox(pod, faults)

    variables = image | environment(container, objects, faults)
    mounts = {mount["mountPath"]: mount for mount in container["volumeMounts"]}
    claims = {claim["metadata"]["name"] for claim in spec["volumeClaimTemplates"]}
    data = mounts.get(variables["ATS_PAT_DATA_DIR"])
    faults.unless(data and data["name"] in claims, "the data folder, with the anchor, is in no volume that is kept")
    volumes = claims | {volume["name"] for volume in pod["volumes"]}
    for mount in mounts.values():
        faults.unless(mount["name"] in volumes, f"there is no volume {mount['name']}")
    grace, drain = pod["terminationGracePeriodSeconds"], int(variables[DRAIN])
    faults.unless(grace >= drain + GRACE, f"a pod is killed after {grace} s, but drains for {drain} s")
    starts_with(server, variables, mounts, faults)

    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    for setting, name in [("ATS_PAT_LISTEN", "http"), ("ATS_PAT_OPERATIONS_LISTEN", "operations")]:
        faults.unless(
            variables[setting] == f"0.0.0.0:{ports[name]}", f"{setting} is not the port {name} of the container"
        )
    for probe in ["startupProbe", "livenessProbe", "readinessProbe"]:
        port = container[probe]["httpGet"]["port"]
        faults.unless(port == "operations", f"the {probe} asks the port {port}")
    return ports


def services(stateful_set, objects, ports, faults):
    labels = stateful_set["spec"]["template"]["metadata"]["labels"]
    found = by_kind(objects, "Service")
    for service in found:
        name, spec = service["metadata"]["name"], service["spec"]
        faults.unless(spec["selector"].items() <= labels.items(), f"the service {name} finds no pod")
        for port in spec["ports"]:
            target = port.get("targetPort", port["port"])
            target = ports.get(target, target)
            faults.unless(target == ports["http"], f"the service {name} leads to the port {target}")
    heads = [one["metadata"]["name"] for one in found if one["spec"].get("clusterIP") == "None"]
    faults.unless(stateful_set["spec"]["serviceName"] in heads, "the pods have no headless service")
    for budget in by_kind(objects, "PodDisruptionBudget"):
        selector = budget["spec"]["selector"]["matchLabels"]
        faults.unless(selector.items() <= labels.items(), "the disruption budget finds no pod")


def main():
    rendered, containerfile, server = sys.argv[1:]
    with open(rendered) as file:
        objects = [one for one in yaml.safe_load_all(file) if one]
    faults = Faults()
    schemas(objects, faults)
    (stateful_set,) = by_kind(objects, "StatefulSet")
    faults.unless(by_kind(objects, "PodDisruptionBudget"), "there is no disruption budget")
    ports = pods(stateful_set, objects, of_image(containerfile), server, faults)
    services(stateful_set, objects, ports, faults)
    jobs(stateful_set, objects, of_image(containerfile), server, faults)
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"{len(objects)} objects, {len(VERSIONS)} releases of Kubernetes, {len(faults)} faults")
    sys.exit(1 if faults else 0)


main()
