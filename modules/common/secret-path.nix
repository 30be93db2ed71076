# The file of a secret, given its name.
config: name: config.coop.secrets.${name}.path or "/var/lib/coop/secrets/${name}"
