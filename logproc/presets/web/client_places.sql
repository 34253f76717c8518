-- title: Where clients are
SELECT client, country(client) AS country, city(client) AS city, asn_name(client) AS network, count(*) AS requests,
       sum(bytes) AS bytes
FROM web
WHERE country(client) IS NOT NULL OR asn_name(client) IS NOT NULL
GROUP BY ALL ORDER BY requests DESC LIMIT 100
