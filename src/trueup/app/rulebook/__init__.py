"""How the quantity of a service's lines follows usage: rules, drafts and suggestions."""
