# A unit that may call tootctl: Mastodon's own environment and sandbox, without what serves the web.
{ config, pkgs }:
let
  web = config.systemd.services.mastodon-web;
in
{
  environment = removeAttrs web.environment [
    "PATH"
    "PORT"
    "SOCKET"
  ];
  path = [
    config.services.mastodon.package
    config.services.postgresql.package
    pkgs.ffmpeg-headless
    pkgs.file
    pkgs.gawk
  ];
  # After, never Requires: requiring mastodon-init-db runs the migrations again.
  after = [
    "mastodon-init-db.service"
    "postgresql.target"
    "redis-mastodon.service"
  ];
  serviceConfig =
    removeAttrs web.serviceConfig [
      "ExecStart"
      "Restart"
      "RestartSec"
      "RuntimeDirectory"
      "RuntimeDirectoryMode"
    ]
    // {
      Type = "oneshot";
    };
}
