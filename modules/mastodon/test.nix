# The VM test of one instance of a fleet: it starts with the options that its host gives it, and keeps
# what they promise. What a machine without the internet cannot have is replaced: certificates,
# relays, the place of backups.
{
  pkgs,
  # The instance's name, and its host's module, whose `coop` is plain data.
  name,
  host,
  # `joins`, `applies`, `refused`: addresses; `blocked`: servers.
  promises,
}:
let
  inherit (pkgs) lib;
  instance = host.coop.mastodon.${name};
  container = instance.container.name or name;
  webDomain = lib.attrByPath [ "webDomain" ] instance.domain instance;
  domains = lib.unique [
    instance.domain
    webDomain
  ];
  network = import ./test/network.nix { inherit pkgs; };
in
pkgs.testers.runNixOSTest {
  name = "coop-${name}";
  nodes = {
    names = network.names { };

    machine =
      { config, lib, ... }:
      {
        imports = [
          ../.
          network.machine
          (network.at 10)
          (network.serve (network.certificate domains) domains)
        ];

        coop.host = host.coop.host // {
          nameServers = [ network.nameServer ];
        };
        coop.mastodon.${name} = lib.mkMerge [
          instance
          {
            memoryGb = lib.mkForce 3;
            cache.budgetGb = lib.mkForce null;
            media.bucket = lib.mkForce null;
            mail.host = lib.mkForce null;
            mail.user = lib.mkForce null;
          }
          (lib.mkIf (instance ? backup) { backup.repository = lib.mkForce "/var/lib/restic"; })
        ];
        systemd.tmpfiles.rules = lib.mkIf (instance ? backup) [
          "d /var/lib/restic 0700 root root -"
          "f ${
            config.coop.secrets.${instance.backup.passwordSecret}.path
              or "/var/lib/coop/secrets/${instance.backup.passwordSecret}"
          } 0600 root root - password"
        ];
      };
  };

  testScript = ''
    ${builtins.readFile ./test/client.py}

    PROMISES = json.loads(${builtins.toJSON (builtins.toJSON promises)})
    site = Site(machine, "${container}", "${webDomain}")

    names.wait_for_unit("dnsmasq.service")
    ${lib.optionalString ((instance.stage or "production") == "production") ''
      machine.wait_for_unit("container@${container}.service")
      machine.succeed("coop-new-${name} --yes")
    ''}
    site.wait()
    token = site.application()

    with subtest("who may join is let in"):
        for number, address in enumerate(PROMISES["joins"]):
            assert site.sign_up(token, address, f"joins{number}"), address
            site.confirm(address)
            if not site.is_approved(address):
                site.unit("start", "coop-approve")
            assert site.is_approved(address), address

    with subtest("who may apply waits for a moderator"):
        for number, address in enumerate(PROMISES["applies"]):
            assert site.sign_up(token, address, f"applies{number}"), address
            site.confirm(address)
            if PROMISES["joins"]:
                site.unit("start", "coop-approve")
            assert not site.is_approved(address), address

    with subtest("who may do neither is refused"):
        for number, address in enumerate(PROMISES["refused"]):
            assert not site.sign_up(token, address, f"refused{number}"), address

    with subtest("a blocked server is blocked"):
        for domain in PROMISES["blocked"]:
            assert site.sql(f"select severity from domain_blocks where domain = '{domain}'") == "1", domain

    with subtest("pruning runs"):
        site.unit("start", "coop-cache")
    ${lib.optionalString (instance ? backup) ''

      with subtest("a backup is made, and a drill proves it"):
          machine.succeed("systemctl start coop-backup-${name}.service")
          machine.succeed("systemctl start coop-drill-${name}.service")
    ''}'';
}
