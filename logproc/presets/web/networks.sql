-- title: Networks (autonomous systems)
SELECT asn(client) AS asn, asn_name(client) AS name, count(*) AS requests, sum(bytes) AS bytes,
       approx_count_distinct(client) AS visitors
FROM web
WHERE asn(client) IS NOT NULL
GROUP BY ALL ORDER BY requests DESC LIMIT 100
