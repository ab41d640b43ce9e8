// The journey with the Go client of OpenAPI Generator: PROGRAM URL KEY PICTURE.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"strconv"

	"clientxcms.example/shop/clientxcms"
)

func main() {
	url, key, picture := os.Args[1], os.Args[2], os.Args[3]
	// excerpt {
	configuration := clientxcms.NewConfiguration()
	configuration.Servers = clientxcms.ServerConfigurations{{URL: url}}
	client := clientxcms.NewAPIClient(configuration)
	products, services := client.ProductsAPI, client.ServicesAPI
	ctx := context.WithValue(context.Background(), clientxcms.ContextAccessToken, key)

	active, _, err := services.ServicesIndex(ctx).
		FilterStatus([]clientxcms.ServiceStatus{clientxcms.SERVICESTATUS_ACTIVE}).
		Include([]clientxcms.ServiceInclude{clientxcms.SERVICEINCLUDE_CUSTOMER}).
		Execute()
	check(err)
	service := active.Data[0]

	draft := clientxcms.NewProductCreate(
		"VPS XL", "8 vCPU, 32 GB", clientxcms.STATUS_ACTIVE, 2, 5, clientxcms.PRODUCTTYPE_PROXMOX,
	)
	product, _, err := products.ProductsCreate(ctx).ProductCreate(*draft).Execute()
	check(err)
	change := clientxcms.NewProductUpdate()
	change.SetStock(12)
	updated, _, err := products.ProductsUpdate(ctx, product.Id).ProductUpdate(*change).Execute()
	check(err)
	image, err := os.Open(picture)
	check(err)
	pictured, _, err := products.ProductsUploadImage(ctx, product.Id).Image(image).Execute()
	check(err)

	reason := clientxcms.NewServiceSuspend()
	reason.SetReason("Abuse")
	suspended, _, err := services.ServicesSuspend(ctx, strconv.FormatInt(service.Id, 10)).
		ServiceSuspend(*reason).
		Execute()
	check(err)
	expired, _, err := services.ServicesIndex(ctx).
		FilterStatus([]clientxcms.ServiceStatus{clientxcms.SERVICESTATUS_EXPIRED}).
		Execute()
	check(err)
	var failure *clientxcms.GenericOpenAPIError
	_, _, err = services.ServicesSuspend(ctx, strconv.FormatInt(expired.Data[0].Id, 10)).
		ServiceSuspend(*reason).
		Execute()
	errors.As(err, &failure)
	conflict := failure.Model().(clientxcms.ServiceConflict)
	draft.SetGroupId(999999)
	_, _, err = products.ProductsCreate(ctx).ProductCreate(*draft).Execute()
	errors.As(err, &failure)
	refused := failure.Model().(clientxcms.Problem)

	walked := []int64{}
	for page, last := int64(1), int64(1); page <= last; page++ {
		found, _, err := services.ServicesIndex(ctx).Page(page).PerPage(50).Execute()
		check(err)
		for _, each := range found.Data {
			walked = append(walked, each.Id)
		}
		last = found.Meta.LastPage
	}
	// excerpt }
	facts, err := json.Marshal(map[string]any{
		"active":   active.Meta.Total,
		"customer": service.Customer.Email,
		"product":  product.Id,
		"stock":    updated.Stock,
		"image":    pictured.Image.Get(),
		"status":   suspended.Data.Status,
		"allowed":  conflict.AllowedTransitions,
		"wrong":    refused.Errors,
		"walked":   walked,
	})
	check(err)
	fmt.Println(string(facts))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
