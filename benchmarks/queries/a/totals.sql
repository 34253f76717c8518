SELECT count(*) AS requests, approx_count_distinct(client) AS clients, sum(bytes) AS bytes FROM web
