"""Tables, queries and migrations. All else asks through `database.Database` and `tenant_store.TenantStore`."""
