# Who listens on the host itself, where containers ask for its ports as well: a port is taken once.
{ config, lib, ... }:
let
  inherit (config) containers services;
  tcp = by: hostPort: {
    inherit by hostPort;
    protocol = "tcp";
  };
  # What nginx and SSH of a system listen on; `inside` is where its options are.
  listeners =
    inside: services:
    lib.optionals services.nginx.enable [
      (tcp "${inside}services.nginx" services.nginx.defaultHTTPListenPort)
      (tcp "${inside}services.nginx" services.nginx.defaultSSLListenPort)
    ]
    ++ lib.optionals services.openssh.enable (
      map (tcp "${inside}services.openssh.ports") services.openssh.ports
    );
  ofContainer =
    name: container:
    if container.privateNetwork then
      map (port: {
        inherit (port) hostPort protocol;
        by = "containers.${name}.forwardPorts";
      }) container.forwardPorts
    else
      listeners "containers.${name}.config." container.config.services;
  taken = lib.groupBy (port: "${toString port.hostPort} (${port.protocol})") (
    listeners "" services ++ lib.concatLists (lib.mapAttrsToList ofContainer containers)
  );
in
{
  assertions = lib.mapAttrsToList (port: takers: {
    assertion = lib.length takers == 1;
    message = "Port ${port} of the host is taken more than once, by ${
      lib.concatMapStringsSep " and " (taker: taker.by) takers
    }: give each a port of its own.";
  }) taken;
}
