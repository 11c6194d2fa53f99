"""The values of the chart `hardpan` as models: schema, defaults and documentation are made of them."""
