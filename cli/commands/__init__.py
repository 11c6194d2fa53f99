"""The commands, one file each (or one per noun), and the table of them with the first lines of their help."""

from __future__ import annotations

from cli.lazy import Entry, Group

COMMANDS: dict[str, Entry | Group] = {
    "login": Entry("cli.commands.login:login", "Pins the cluster that you trust."),
    "plan": Entry("cli.commands.plan:plan", "Shows what applying a manifest would change."),
    "sign": Entry("cli.commands.sign:sign", "Signs a manifest with your SSH key."),
    "verify": Entry("cli.commands.verify:verify", "Checks a manifest's signature as every node does."),
    "explain": Entry("cli.commands.explain:explain_", "Says how something is, what it waits for, and what to do."),
    "doctor": Entry("cli.commands.doctor:doctor", "Names what is wrong with an installation or a node."),
    "init": Entry("cli.commands.init:init", "Makes a cluster's root of trust and its first supervisor."),
    "user": Group(
        "People and their keys.",
        {
            "add": Entry("cli.commands.user:add", "Adds a user, or replaces a user's keys."),
            "retire-key": Entry("cli.commands.user:retire_key", "Retires one key of a user."),
            "revoke-key": Entry("cli.commands.user:revoke_key", "Revokes one key of a user."),
            "revoke": Entry("cli.commands.user:revoke", "Revokes a user: all keys at once."),
        },
    ),
    "tenant": Group(
        "Namespaces, their members and ceilings.",
        {"add": Entry("cli.commands.tenant:add", "Adds a tenant, or changes one.")},
    ),
    "trust": Group(
        "The snapshot of what counts.",
        {
            "renew": Entry("cli.commands.trust:renew", "Signs a new snapshot of all records."),
            "floor": Entry("cli.commands.trust:floor", "Sets the lowest revision of a deployment that counts."),
            "show": Entry("cli.commands.trust:show_", "Shows the cluster's id and what counts."),
        },
    ),
    "root": Group(
        "The keys that rule.",
        {"replace": Entry("cli.commands.root:replace", "Replaces the operator root's keys.")},
    ),
    "token": Group(
        "Join tokens for machines.",
        {
            "create": Entry("cli.commands.token:create", "Makes a join token, and prints its private half."),
            "close": Entry("cli.commands.token:close", "Closes a join token."),
        },
    ),
    "node": Group(
        "Machines: approve, revoke, run, and their uptime.",
        {
            "approve": Entry("cli.commands.node:approve", "Approves a machine by hand."),
            "revoke": Entry("cli.commands.node:revoke", "Revokes a node for good."),
            "resolve": Entry("cli.commands.node:resolve", "Ends the conflict of a node of which two machines ran."),
            "cordon": Entry("cli.commands.cordon:cordon", "Lets nothing new go to a node."),
            "uncordon": Entry("cli.commands.cordon:uncordon", "Lets new machines go to a node again."),
            "drain": Entry("cli.commands.drain:drain", "Moves what may move off a node."),
            "remove": Entry("cli.commands.removal:remove", "Takes a node out of service once nothing is on it."),
            "upgrade": Entry(
                "cli.commands.upgrade:upgrade", "Brings nodes to another boot image, one after the other."
            ),
            "uptime": Entry("cli.commands.uptime:node_uptime", "Shows how much of the time nodes were there."),
            "run": Entry("cli.commands.roles:node_run", "Runs this machine as a node."),
        },
    ),
    "release": Group(
        "Boot images that nodes may run.",
        {"create": Entry("cli.commands.release:create", "Signs for a boot image that nodes may run.")},
    ),
    "image": Group(
        "Boot images, their media, and the controllers' image.",
        {
            "build": Entry("cli.commands.image:image_build", "Builds the boot image of a site: one EFI file."),
            "usb": Entry("cli.commands.media:image_usb", "Writes a stick that makes machines nodes of a site."),
            "iso": Entry("cli.commands.media:image_iso", "Writes a CD that makes machines nodes of a site."),
            "ipxe": Entry(
                "cli.commands.media:image_ipxe",
                "Writes a folder from which machines start over the network, by iPXE.",
            ),
            "control-plane": Entry(
                "cli.commands.control_plane_image:image_control_plane",
                "Writes the controllers' image, for a Kubernetes: OCI, in one file.",
            ),
            "keys": Entry(
                "cli.commands.boot_keys:image_keys",
                "Makes the keys of Secure Boot, and what firmware needs to take them up.",
            ),
            "inspect": Entry("cli.commands.image:image_inspect", "Tells what an image is and how a TPM measures it."),
            "lock": Entry("cli.commands.image:image_lock", "Pins an image's packages anew."),
        },
    ),
    "bootstrap": Group(
        "The server that hands out boot media.",
        {
            "serve": Entry(
                "cli.commands.bootstrap:bootstrap_serve",
                "Hands out boot media of sites: a page to download them, iPXE scripts, and files for UEFI HTTP boot.",
            )
        },
    ),
    "forget": Entry("cli.commands.removal:forget", "Gives up a dead node and the volumes on it."),
    "control-plane": Entry("cli.commands.roles:control_plane", "Runs all controllers on this machine."),
    "demo": Group(
        "A small cloud on this machine.",
        {
            "up": Entry("cli.commands.demo:demo_up", "Brings it up, with two machines that talk to each other."),
            "boot": Entry(
                "cli.commands.demo:demo_boot", "Boots a bare machine from the site's image, beside the demo that is up."
            ),
            "down": Entry("cli.commands.demo:demo_down", "Removes all of it."),
        },
    ),
    **{
        role: Entry(f"cli.commands.roles:{role}", text, hidden=True)
        for role, text in (
            ("ledger", "Registers nodes and shows what counts."),
            ("coord", "Picks the supervisor of each deployment."),
            ("supervisor", "Verifies, evaluates, places and orders."),
            ("gateway", "The one door for nodes."),
            ("admission", "Refuses at kubectl apply what would be refused later."),
        )
    },
}
